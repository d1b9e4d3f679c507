/** `lunsmith promote` and `lunsmith rollback`: what the clients of a channel boot next. */
import type { Command } from '@commander-js/extra-typings';
import { change } from '../../app/site/change.js';
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
        return {
          intent: { kind: 'promote', channel, release: digest },
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

const PROMOTE_HELP = `
Examples:
  $ npx lunsmith promote debian-bookworm@3f2a1b4c5d6e stable --on san1 --dry-run
  $ npx lunsmith promote debian-bookworm stable        the release of that recipe that was published there last
  $ npx lunsmith rollback stable --on san1`;
