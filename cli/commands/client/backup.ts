/** `lunsmith client export` and `client restore`: the LUN of a client as a file that is kept elsewhere. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { exportLun, restoreLun } from '../../../app/site/backup.js';
import type { Session } from '../../session.js';
import { purgeOption, yesOption } from '../../site-options.js';
import { changing } from './changing.js';

export function addExport(parent: Command, session: Session): void {
  const { cwd } = session.terminal;
  changing(
    parent,
    'export',
    'write the LUN of a client into a file, for a backup',
    'Copies the LUN that a client boots, with all that it wrote, into one compressed file that `client restore` brings back and that tar reads. ' +
      'Refused while the client is logged in. Nothing on the target host changes. Only what the LUN holds comes over the network.',
  )
    .argument('<client>', 'its name in the site')
    .argument('[image]', 'one of its images (default: the first)')
    .requiredOption('-o, --output <file>', 'the file; must not exist')
    .action((client, image, { output, site, dryRun, ...options }) =>
      exportLun(session.caller(options), { client, image, output: path.resolve(cwd, output), site, dryRun }),
    );
}

export function addRestore(parent: Command, session: Session): void {
  const { cwd } = session.terminal;
  changing(
    parent,
    'restore',
    'give a client the LUN back that was exported',
    'Makes a LUN of the file of a `client export`, which is read and checked first, and compared again on the host; the client boots it next. The ' +
      'LUN that it had can be brought back by `client undelete`. Refused while the client is logged in. The release that the LUN is a clone of must ' +
      'be on the host.',
  )
    .argument('<client>', 'its name in the site')
    .argument('[image]', 'one of its images (default: the one that the LUN was of)')
    .requiredOption('--from <file>', 'what was exported')
    .addOption(purgeOption())
    .addOption(yesOption())
    .action((client, image, options) =>
      restoreLun(session.caller(options), { client, image, from: path.resolve(cwd, options.from) }, options),
    );
}
