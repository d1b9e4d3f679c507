/** `lunsmith cache`: looks after the store of finished steps. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { archive, collect, verify } from '../../app/cache.js';
import { storeFolder } from '../../app/prepare.js';
import { createPorts } from '../../base/command.js';
import type { Ports } from '../../base/ports.js';
import { parseSize } from '../../base/size.js';
import { explainEntry } from '../../pipeline/store/explain-entry.js';
import { listStore } from '../../pipeline/store/list.js';
import { jsonOption, plainOption, workspaceOption } from '../options.js';
import {
  archiveLines,
  type CacheSurroundings,
  garbageLines,
  listLines,
  verifyLines,
} from '../render/cache.js';
import { entryLines } from '../render/cache-entry.js';
import { releaseHint, requireSound } from '../render/damage.js';
import type { Renderer } from '../render/renderer.js';
import { styleFor } from '../render/style.js';
import type { Session } from '../session.js';

const DEFAULT_BUDGET = '20G';

export function addCacheCommand(program: Command, session: Session): void {
  const cache = program
    .command('cache')
    .summary('look after the store of finished steps')
    .description(
      'Lists, explains, cleans and verifies what is kept of builds, so that nothing is built twice.',
    )
    .addHelpText('after', HELP);
  addList(cache, session);
  addExplain(cache, session);
  addCollect(cache, session);
  addVerify(cache, session);
  addArchive(cache, session);
}

const documentOption = () => new Option('--json', 'print everything as one JSON document');

function addList(cache: Command, session: Session): void {
  cache
    .command('ls')
    .summary('list what is kept, what was used last first')
    .description('Lists all entries with size, last use, and who needs them.')
    .addOption(workspaceOption(session.terminal))
    .addOption(documentOption())
    .action(async (options) => {
      const { store, workspace } = placesOf(session, options.workspace);
      const list = await listStore(store, workspace, quietPorts(session));
      show(session, options.json, list, (around) => listLines(list, around));
    });
}

function addExplain(cache: Command, session: Session): void {
  cache
    .command('explain')
    .summary('tell what went into an entry, and what differs from its neighbours')
    .description('Shows every input of an entry by its name, what it stands on, and in what it differs.')
    .argument('<key>', 'first digits of its key, as `cache ls` and `plan` show them')
    .addOption(workspaceOption(session.terminal))
    .addOption(documentOption())
    .action(async (key, options) => {
      const { store, workspace } = placesOf(session, options.workspace);
      const entry = await explainEntry(store, workspace, key, quietPorts(session));
      show(session, options.json, entry, (around) => entryLines(entry, around));
    });
}

function addCollect(cache: Command, session: Session): void {
  cache
    .command('gc')
    .summary('remove what was not used for longest')
    .description(
      'Removes what was used least recently until the rest fits the budget, and what interrupted work left behind; never what a release that exists or a running build uses.',
    )
    .addOption(
      new Option('--max-size <size>', 'what may be kept, in bytes or with K, M, G or T')
        .argParser(parseBudget)
        .default(parseBudget(DEFAULT_BUDGET), DEFAULT_BUDGET),
    )
    .option('--dry-run', 'tell what would go, and remove nothing')
    .addOption(workspaceOption(session.terminal))
    .addOption(documentOption())
    .action(async (options) => {
      const dryRun = options.dryRun === true;
      const request = { ...placesOf(session, options.workspace), budget: options.maxSize, dryRun };
      const report = await collect(request, () => undefined, session.signal);
      show(session, options.json, report, (around) => garbageLines(report, around));
    });
}

function addVerify(cache: Command, session: Session): void {
  cache
    .command('verify')
    .summary('read every byte of what is kept')
    .description('Compares the digests of all entries and package files with what was written.')
    .option('--repair', 'remove what is damaged; the next build makes it again')
    .addOption(workspaceOption(session.terminal))
    .addOption(plainOption())
    .addOption(jsonOption())
    .action(async (options) => {
      const { cwd } = session.terminal;
      const renderer = session.open(options);
      const request = { ...placesOf(session, options.workspace), repair: options.repair === true };
      const report = await verify(request, renderer.emit, session.signal);
      renderer.print(verifyLines(report, surroundings(session)));
      const removed = report.damaged.filter(({ outcome }) => outcome === 'removed');
      for (const { releases } of removed) {
        if (releases.length > 0) renderer.emit({ type: 'warning', message: releaseHint(releases, cwd) });
      }
      requireSound(report, cwd);
    });
}

function addArchive(cache: Command, session: Session): void {
  const ways = [
    {
      way: 'export',
      summary: 'write layers and packages to a folder that any archiver keeps',
      description:
        'Writes finished steps as tar files, and package files, to a folder for the cache of a CI system or a backup; no images. A folder that was exported to before gets what is new.',
      done: 'Exported',
    },
    {
      way: 'import',
      summary: 'take in what was exported elsewhere',
      description:
        'Takes layers and package files that the store lacks from an exported folder. What did not arrive whole is left out, and made again by the next build.',
      done: 'Imported',
    },
  ] as const;
  for (const { way, summary, description, done } of ways) {
    cache
      .command(way)
      .summary(summary)
      .description(description)
      .argument('<folder>', 'the exported form')
      .addOption(workspaceOption(session.terminal))
      .addOption(plainOption())
      .addOption(jsonOption())
      .action(async (folder, options) => {
        const renderer = session.open(options);
        const { store } = placesOf(session, options.workspace);
        const request = { store, folder: path.resolve(session.terminal.cwd, folder) };
        const report = await archive(way, request, renderer.emit, session.signal);
        renderer.print(archiveLines(report, done, surroundings(session)));
      });
  }
}

const HELP = `
Examples:
  $ npx lunsmith cache ls
  $ npx lunsmith cache explain 3f2a1b4c5d6e
  $ npx lunsmith cache gc --max-size 10G --dry-run
  $ npx lunsmith cache verify --repair
  $ npx lunsmith cache export /var/cache/ci`;

function placesOf(session: Session, folder: string): { readonly store: string; readonly workspace: string } {
  const workspace = path.resolve(session.terminal.cwd, folder);
  return { store: storeFolder(workspace), workspace };
}

function quietPorts({ signal }: Session): Ports {
  return createPorts({ emit: () => undefined, signal });
}

function surroundings({ terminal: { cwd, stdout, env } }: Session): CacheSurroundings {
  return { style: styleFor(stdout, env), cwd, now: Date.now() };
}

function show(
  session: Session,
  json: true | undefined,
  document: unknown,
  lines: (around: CacheSurroundings) => string[],
): void {
  const renderer: Renderer = session.open({ plain: true });
  renderer.print(json === true ? [JSON.stringify(document, undefined, 2)] : lines(surroundings(session)));
}

/** Bytes of a budget; nothing at all is one too. */
function parseBudget(text: string): number {
  if (/^0[KMGT]?$/.test(text)) return 0;
  const size = parseSize(text);
  if ('value' in size) return size.value;
  const { what, expected, hint } = size.problem;
  throw new InvalidArgumentError(
    `${what} Expected ${expected ?? ''}, or 0.${hint === undefined ? '' : ` ${hint}`}`,
  );
}
