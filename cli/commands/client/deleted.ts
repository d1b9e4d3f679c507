/** `lunsmith client undelete` and `client prune`: what becomes of LUNs that were deleted. */
import { type Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { pruneDeleted, undeleteClients } from '../../../app/site/deleted.js';
import type { Session } from '../../session.js';
import { makeSecretsOption, onOption, yesOption } from '../../site-options.js';
import { changing, imageOption } from './changing.js';

export function addUndelete(parent: Command, session: Session): void {
  changing(
    parent,
    'undelete',
    'bring back what was deleted: clients that were removed, LUNs that were reset',
    'At its next boot a client has the LUN again that the last `client rm`, `client reset`, `client rebase --discard` or `apply --prune` took ' +
      'from it, with all that it wrote; a clone that it got meanwhile is kept for a rollback. A client that the site has no longer comes back with ' +
      'its entry. Its secret is read from where it was.',
  )
    .argument('<clients...>', 'their names, or ranges such as web[01-30]')
    .addOption(imageOption())
    .option(
      '--change <serial>',
      'what that change took, a number of `client ls --deleted` (default: the last)',
      serial,
    )
    .addOption(makeSecretsOption())
    .option('--on <host>', 'the target host of clients that the site does not have (default: all are asked)')
    .action((names, options) => undeleteClients(session.caller(options), names, options));
}

function serial(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Not a number such as 12.');
}

export function addPrune(parent: Command, session: Session): void {
  changing(
    parent,
    'prune',
    'remove what was deleted for good',
    'Removes the LUNs that were deleted and have been kept for the time that the site says. Of clients that are named, or with --all of all, it ' +
      'removes at once what could be brought back.',
  )
    .argument('[clients...]', 'their names, or ranges such as web[01-30]')
    .option('--all', 'all that was deleted on the host')
    .addOption(yesOption())
    .addOption(onOption())
    .action((names, options) => pruneDeleted(session.caller(options), names, options));
}
