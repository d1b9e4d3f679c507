/** `lunsmith diff`: what an update from one release to another brings. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { diffReleases } from '../../artifacts/release/compare/release-diff.js';
import { readRelease } from '../../artifacts/release/release.js';
import { createPorts } from '../../base/command.js';
import { diffLines } from '../render/diff.js';
import { styleFor } from '../render/style.js';
import type { Session } from '../session.js';

export function addDiffCommand(program: Command, session: Session): void {
  const { cwd, stdout, env } = session.terminal;
  program
    .command('diff')
    .summary('show what differs between two releases')
    .description(
      'Compares packages, boot artifacts, disk, files (type, owner, mode, size, link target, content; not their ' +
        'times) and blocks of two releases. Nothing is mounted, and holes of the images are not read.',
    )
    .argument('<old>', 'folder with a manifest.json')
    .argument('<new>', 'folder with a manifest.json, such as out/debian-bookworm/latest')
    .option('--files', 'list every file, not only the first of many')
    .option('--json', 'print everything as one JSON document')
    .addHelpText('after', HELP)
    .action(async (oldFolder, newFolder, options) => {
      const renderer = session.open({ plain: true });
      const old = await readRelease(path.resolve(cwd, oldFolder));
      const now = await readRelease(path.resolve(cwd, newFolder));
      const ports = createPorts({ emit: () => undefined, signal: session.signal });
      const diff = await diffReleases(old, now, ports);
      if (options.json === true) stdout.write(`${JSON.stringify(diff, undefined, 2)}\n`);
      else
        renderer.print(diffLines(diff, { style: styleFor(stdout, env), cwd, all: options.files === true }));
    });
}

const HELP = `
The exit code is 0 whether the releases differ or not: ask \`--json\` for \`same\`.

Examples:
  $ npx lunsmith diff out/debian-bookworm/releases/1f0c… out/debian-bookworm/latest
  $ npx lunsmith diff OLD NEW --json | jq -r '.packages.changed[] | "\\(.name) \\(.old) -> \\(.new)"'`;
