/** `lunsmith capture`: a LUN that a client has changed, as a release. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { captureClient } from '../../app/site/capture.js';
import { jsonOption, outputOption, plainOption, verboseOption } from '../options.js';
import type { Session } from '../session.js';
import { siteOption } from '../site-options.js';

export function addCaptureCommand(program: Command, session: Session): void {
  const { cwd } = session.terminal;
  program
    .command('capture')
    .summary('take the LUN of a client as a release')
    .description(
      'Copies the LUN of a client that is switched off, with all that was installed and changed on it, into a release that is proven, ' +
        'published and promoted like any. What belongs to one machine leaves a Linux: machine ID, SSH host keys, seeds, leases, logs. What users ' +
        'and services stored stays. Of a system that has installed itself, such as Windows, nothing is taken out: generalise it before.',
    )
    .argument('<client>', 'its name in the site')
    .argument('[image]', 'one of its images (default: the first)')
    .option('--name <name>', 'name of the release (default: CLIENT-IMAGE)')
    .addOption(outputOption())
    .addOption(siteOption())
    .addOption(plainOption())
    .addOption(verboseOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (client, image, options) => {
      const output = path.resolve(cwd, options.output);
      const { name, site } = options;
      await captureClient(session.caller(options), { client, image, name, output, site });
    });
}

const HELP = `
Examples:
  $ npx lunsmith capture pc7 windows
  $ npx lunsmith publish out/pc7-windows/latest && npx lunsmith promote pc7-windows golden`;
