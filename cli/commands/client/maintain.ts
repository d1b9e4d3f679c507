/** `lunsmith client maintain`: one client of a channel makes its next release by hand. */
import type { Command } from '@commander-js/extra-typings';
import { changeClients } from '../../../app/site/clients.js';
import { Failure } from '../../../base/failure.js';
import type { Session } from '../../session.js';
import { purgeOption, yesOption } from '../../site-options.js';
import { changing, purgeOf } from './changing.js';

export function addMaintain(parent: Command, session: Session): void {
  changing(
    parent,
    'maintain',
    'have a client boot a clone that is to become the next release',
    'At its next boot the client has a fresh clone of the release that its channel is at, to be changed by hand and taken by `lunsmith capture`. ' +
      'No promotion moves it, and the clone that it had is kept. With --end it boots that again, or what its channel is at by then. One client of ' +
      'a channel at a time.',
  )
    .argument('<client>', 'its name in the site')
    .option('--image <image>', 'one of its images (default: the first; with --end the one in maintenance)')
    .option('--end', 'end it; refused while the client is logged in')
    .addOption(purgeOption())
    .addOption(yesOption())
    .action((name, options) => {
      const { image, end } = options;
      if (options.purge === true && end !== true) throw nothingToPurge();
      const wanted = { client: name, ...(image === undefined ? {} : { image }) };
      return changeClients(session.caller(options), { names: [name] }, options, () =>
        end === true ? { kind: 'resume', ...wanted, ...purgeOf(options) } : { kind: 'maintain', ...wanted },
      );
    });
}

function nothingToPurge(): Failure {
  return new Failure('usage', {
    what: 'With `--purge` and without `--end` nothing would be removed.',
    expected: '`--end --purge`, or neither',
    found: '`--purge`',
  });
}
