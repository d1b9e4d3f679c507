/** `lunsmith client power`. */
import type { Command } from '@commander-js/extra-typings';
import { powerClients } from '../../../app/site/power.js';
import { jsonOption, plainOption, verboseOption } from '../../options.js';
import type { Session } from '../../session.js';
import { siteOption } from '../../site-options.js';

export function addPower(parent: Command, session: Session): void {
  parent
    .command('power')
    .summary('wake machines, or switch their power, by commands of the site')
    .description(
      'Runs the command that `power: actions:` of lunsmith.yaml has for the action, once for each client, on this machine: wake-on-LAN, ' +
        'IPMI, a switched socket, whatever there is. Each is tried, whatever becomes of the others.',
    )
    .argument('<action>', 'a key of `power: actions:` in lunsmith.yaml, such as wake')
    .argument('[clients...]', 'their names in the site, or ranges such as web[01-30]')
    .option('--all', 'all clients of the site')
    .addOption(siteOption())
    .addOption(plainOption())
    .addOption(verboseOption())
    .addOption(jsonOption())
    .action((action, names, options) =>
      powerClients(session.caller(options), action, { names, all: options.all }, options),
    );
}
