/** `lunsmith extract`: files of a release as files of this host. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { extractFromRelease } from '../../app/contents.js';
import { plural, shortPath } from '../render/text.js';
import type { Session } from '../session.js';

export function addExtractCommand(program: Command, session: Session): void {
  const { cwd } = session.terminal;
  program
    .command('extract')
    .summary('copy files out of a release')
    .description(
      'Copies a file, or a directory with all that is below it, out of the LUN image or the initramfs. Files keep their ' +
        'permission bits and belong to you.',
    )
    .argument('<release>', 'folder with a manifest.json, such as out/debian-bookworm/latest')
    .argument('<path>', 'of the booted system, or of the initramfs: initramfs:/etc')
    .argument('<to>', 'what it becomes here; must not exist')
    .addHelpText('after', HELP)
    .action(async (folder, wanted, target) => {
      const renderer = session.open({ plain: true });
      const to = path.resolve(cwd, target);
      const request = { release: path.resolve(cwd, folder), path: wanted, to };
      const { files, leftOut } = await extractFromRelease(request, session.signal);
      const rest = leftOut.length === 0 ? '' : `, without ${plural(leftOut.length, 'special file')}`;
      renderer.print([`${plural(files, 'file')} in ${shortPath(to, cwd)}${rest}`]);
    });
}

const HELP = `
Examples:
  $ npx lunsmith extract out/debian-bookworm/latest /etc etc
  $ npx lunsmith extract out/debian-bookworm/latest initramfs:/ initramfs`;
