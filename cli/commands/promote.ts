/** `lunsmith promote` and `lunsmith rollback`: what the clients of a channel boot next. */
import { type Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { change } from '../../app/site/change.js';
import { namesOf } from '../../app/site/client-names.js';
import { releaseOnHost } from '../../app/site/release-name.js';
import { jsonOption, plainOption, verboseOption } from '../options.js';
import type { Session } from '../session.js';
import { dryRunOption, onOption, siteOption } from '../site-options.js';

export function addPromoteCommand(program: Command, session: Session): void {
  program
    .command('promote')
    .summary('move a channel to a release')
    .description(
      'The clients of the channel get the LUN, kernel, initramfs and boot files of the release together, at their next ' +
        'boot; a client that runs keeps what it has until then. Refused for a release that the boot gate has not passed.',
    )
    .argument('<release>', 'its recipe, or RECIPE@DIGEST, or a digest; some first digits are enough')
    .argument('<channel>', 'the channel, such as stable')
    .addOption(
      new Option(
        '--only <clients>',
        'give it to these clients alone, such as web1,web[05-09]; the others boot what they have until they are promoted too',
      ).argParser(parseClients),
    )
    .addOption(
      new Option('--percent <number>', 'give it to so many of the channel’s clients, 1 to 100')
        .argParser(parsePercent)
        .conflicts('only'),
    )
    .addOption(onOption())
    .addOption(siteOption())
    .addOption(dryRunOption())
    .addOption(plainOption())
    .addOption(verboseOption())
    .addOption(jsonOption())
    .addHelpText('after', PROMOTE_HELP)
    .action((name, channel, options) =>
      change(session.caller(options), options, async (host) => {
        const { digest, why } = await releaseOnHost(host, name);
        const { only, percent } = options;
        return {
          intent: {
            ...{ kind: 'promote', channel, release: digest },
            ...(only === undefined ? {} : { only }),
            ...(percent === undefined ? {} : { percent }),
          },
          ...(why === undefined ? {} : { note: why }),
        };
      }),
    );
}

export function addRollbackCommand(program: Command, session: Session): void {
  program
    .command('rollback')
    .summary('move a channel back to the release before')
    .description(
      'The clients of the channel return to the release that it was at before, with the LUNs that they had then.',
    )
    .argument('<channel>', 'the channel, such as stable')
    .option(
      '--from <release>',
      'the release that the channel leaves; when it has left it already nothing is done',
    )
    .addOption(onOption())
    .addOption(siteOption())
    .addOption(dryRunOption())
    .addOption(plainOption())
    .addOption(verboseOption())
    .addOption(jsonOption())
    .action((channel, options) =>
      change(session.caller(options), options, async (host) => {
        const from =
          options.from === undefined ? {} : { from: (await releaseOnHost(host, options.from)).digest };
        return { intent: { kind: 'rollback', channel, ...from } };
      }),
    );
}

function parseClients(text: string): readonly string[] {
  return namesOf(text.split(',').map((name) => name.trim())).sort();
}

function parsePercent(text: string): number {
  const percent = /^[1-9][0-9]{0,2}$/.test(text) ? Number(text) : 0;
  if (percent >= 1 && percent <= 100) return percent;
  throw new InvalidArgumentError('Expected a whole number, 1 to 100.');
}

const PROMOTE_HELP = `
Examples:
  $ npx lunsmith promote debian-bookworm@3f2a1b4c5d6e stable --on san1 --dry-run
  $ npx lunsmith promote debian-bookworm stable        the release of that recipe that was published there last
  $ npx lunsmith promote debian-bookworm stable --only web1,web2       to try it: the others are behind, as \`status\` shows
  $ npx lunsmith promote debian-bookworm stable --percent 50           then half of them, those of a smaller number among them
  $ npx lunsmith promote debian-bookworm stable                        then the rest
  $ npx lunsmith rollback stable --on san1                             or back, at whatever stage it is`;
