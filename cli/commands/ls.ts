/** `lunsmith ls`: the files of a release, without booting it. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { listRelease } from '../../app/contents.js';
import { entryLines } from '../render/entries.js';
import type { Session } from '../session.js';

export function addLsCommand(program: Command, session: Session): void {
  const { cwd, stdout } = session.terminal;
  program
    .command('ls')
    .summary('list the files in a release')
    .description(
      'Lists files of the LUN image or of the initramfs. Nothing is mounted, and no root is needed.',
    )
    .argument('<release>', 'folder with a manifest.json, such as out/debian-bookworm/latest')
    .argument('[path]', 'of the booted system, or of the initramfs: initramfs:/etc', '/')
    .option('-R, --recursive', 'list what is below directories too')
    .option('--json', 'print everything as one JSON document')
    .addHelpText('after', HELP)
    .action(async (folder, wanted, options) => {
      const renderer = session.open({ plain: true });
      const request = { release: path.resolve(cwd, folder), path: wanted, deep: options.recursive === true };
      const entries = await listRelease(request, session.signal);
      if (options.json === true) stdout.write(`${JSON.stringify(entries, undefined, 2)}\n`);
      else renderer.print(entryLines(entries, options.recursive === true));
    });
}

const HELP = `
Examples:
  $ npx lunsmith ls out/debian-bookworm/latest /etc
  $ npx lunsmith ls out/debian-bookworm/latest initramfs:/etc/iscsi -R`;
