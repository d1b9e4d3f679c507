/** `lunsmith release`: what was published to a target host. */
import { type Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { listReleases, prune, removeNamed } from '../../app/site/releases.js';
import { jsonOption, plainOption, verboseOption } from '../options.js';
import { releaseLines } from '../render/status.js';
import type { Session } from '../session.js';
import { dryRunOption, onOption, siteOption } from '../site-options.js';

export function addReleaseCommand(program: Command, session: Session): void {
  const release = program
    .command('release')
    .summary('look after the releases of a target host')
    .description(
      'Lists and removes what was published to a target host. A release that a channel is at, that a rollback would go back to or ' +
        'that a client has a clone of always stays.',
    )
    .addHelpText('after', HELP);
  addList(release, session);
  addRemove(release, session);
  addPrune(release, session);
}

function addList(parent: Command, session: Session): void {
  parent
    .command('ls')
    .summary('list the releases, and what needs them')
    .addOption(onOption())
    .addOption(siteOption())
    .addOption(new Option('--json', 'print everything as one JSON document'))
    .action(async (options) => {
      const renderer = session.open({ plain: true });
      const rows = await listReleases({ ...session.terminal, signal: session.signal }, options);
      renderer.print(options.json === true ? [JSON.stringify(rows, undefined, 2)] : releaseLines(rows));
    });
}

function removing(parent: Command, name: string, summary: string) {
  return parent
    .command(name)
    .summary(summary)
    .addOption(onOption())
    .addOption(siteOption())
    .addOption(dryRunOption())
    .addOption(plainOption())
    .addOption(verboseOption())
    .addOption(jsonOption());
}

function addRemove(parent: Command, session: Session): void {
  removing(parent, 'rm', 'remove releases that nothing needs')
    .argument('<releases...>', 'RECIPE@DIGEST, or a digest; some first digits are enough')
    .action((names, options) => removeNamed(session.caller(options), names, options));
}

function addPrune(parent: Command, session: Session): void {
  removing(parent, 'prune', 'remove all releases that nothing needs, but the last ones of each recipe')
    .requiredOption(
      '--keep <count>',
      'how many of each recipe stay, by the order of their publication',
      count,
    )
    .action((options) => prune(session.caller(options), options.keep, options));
}

function count(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Not a count such as 3.');
}

const HELP = `
Examples:
  $ npx lunsmith release ls --on san1
  $ npx lunsmith release prune --keep 3 --dry-run
  $ npx lunsmith release rm debian-bookworm@3f2a1b4c5d6e`;
