/** `lunsmith publish`: put a release on a target host, and change nothing that a client sees. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { publish } from '../../app/site/publish.js';
import { publishToDisk } from '../../app/site/publish-disk.js';
import { jsonOption, plainOption, verboseOption, workspaceOption } from '../options.js';
import type { Session } from '../session.js';
import { siteOption } from '../site-options.js';

export function addPublishCommand(program: Command, session: Session): void {
  const { cwd } = session.terminal;
  program
    .command('publish')
    .summary('put a release on a target host')
    .description(
      'Sends what the host lacks of a release, in blocks of 4 KiB, and verifies it there. It goes on where an earlier ' +
        'call was cut off. No client sees anything of it: that is what `promote` is for.',
    )
    .argument('<release>', 'folder with a manifest.json, such as out/debian-bookworm/latest')
    .option(
      '--to <host|path>',
      'the target host, by its name in the site (default: the only one); or a block device or new file, by a path with a slash',
    )
    .addOption(siteOption())
    .addOption(workspaceOption(session.terminal))
    .addOption(plainOption())
    .addOption(verboseOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (release, options) => {
      if (options.to?.includes('/') === true)
        return publishToDisk(
          path.resolve(cwd, release),
          path.resolve(cwd, options.to),
          session.caller(options),
        );
      const request = {
        release: path.resolve(cwd, release),
        workspace: path.resolve(cwd, options.workspace),
        host: options.to,
        site: options.site,
      };
      await publish(request, session.caller(options));
    });
}

const HELP = `
Examples:
  $ npx lunsmith publish out/debian-bookworm/latest --to san1
  $ npx lunsmith publish out/debian-bookworm/latest --to /dev/mapper/array-web1
  $ npx lunsmith publish out/debian-bookworm/latest && npx lunsmith promote debian-bookworm stable`;
