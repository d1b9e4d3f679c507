/** `lunsmith apply`: target hosts follow the site. */
import type { Command } from '@commander-js/extra-typings';
import { followSite } from '../../app/site/clients.js';
import { jsonOption, plainOption, verboseOption } from '../options.js';
import type { Session } from '../session.js';
import {
  dryRunOption,
  makeSecretsOption,
  onOption,
  purgeOption,
  siteOption,
  yesOption,
} from '../site-options.js';

export function addApplyCommand(program: Command, session: Session): void {
  program
    .command('apply')
    .summary('have target hosts follow lunsmith.yaml')
    .description(
      'Adds all clients of the site that a host does not have, and brings the others up to date, in one change for each host: ' +
        'all of it happens there, or nothing. Clients that the site does not have stay, unless --prune is given.',
    )
    .addOption(onOption().default(undefined, 'all'))
    .option(
      '--prune',
      'remove clients that the site does not have, as `client rm` does; refused while one of them is logged in',
    )
    .addOption(purgeOption())
    .addOption(yesOption())
    .addOption(makeSecretsOption())
    .addOption(siteOption())
    .addOption(dryRunOption())
    .addOption(plainOption())
    .addOption(verboseOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action((options) => followSite(session.caller(options), options));
}

const HELP = `
Examples:
  $ npx lunsmith apply --dry-run
  $ npx lunsmith apply --make-secrets`;
