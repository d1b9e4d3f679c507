/** `lunsmith repair`: a target host becomes again what its state says. */
import type { Command } from '@commander-js/extra-typings';
import { repairHost } from '../../app/site/change.js';
import { jsonOption, plainOption, verboseOption } from '../options.js';
import type { Session } from '../session.js';
import { onOption, siteOption } from '../site-options.js';

export function addRepairCommand(program: Command, session: Session): void {
  program
    .command('repair')
    .summary('finish a change of a target host that was cut off')
    .description(
      'Finishes a change that clients see already, removes one that they never saw, and lets accounts, targets and the files ' +
        'of the TFTP and DHCP servers follow the state of the host again. No channel moves, and no client boots anything else.',
    )
    .addOption(onOption())
    .addOption(siteOption())
    .addOption(plainOption())
    .addOption(verboseOption())
    .addOption(jsonOption())
    .action((options) => repairHost(session.caller(options), options));
}
