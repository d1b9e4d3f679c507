/** `lunsmith cat`: one file of a release. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { readFromRelease } from '../../app/contents.js';
import type { Session } from '../session.js';

export function addCatCommand(program: Command, session: Session): void {
  const { cwd } = session.terminal;
  program
    .command('cat')
    .summary('print a file of a release')
    .description(
      'Prints a file of the LUN image or of the initramfs, byte for byte where the output is no terminal.',
    )
    .argument('<release>', 'folder with a manifest.json, such as out/debian-bookworm/latest')
    .argument('<path>', 'of the booted system, or of the initramfs: initramfs:/init')
    .addHelpText('after', HELP)
    .action(async (folder, wanted) => {
      session.open({ plain: true });
      const request = { release: path.resolve(cwd, folder), path: wanted };
      await readFromRelease(request, session.writeBytes, session.signal);
    });
}

const HELP = `
Examples:
  $ npx lunsmith cat out/debian-bookworm/latest /etc/fstab
  $ npx lunsmith cat out/debian-bookworm/latest initramfs:/init | less`;
