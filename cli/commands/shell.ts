/** `lunsmith shell`: the root of a release, to try something in. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { shellInRelease } from '../../app/release-shell.js';
import { workspaceOption } from '../options.js';
import type { Session } from '../session.js';

export function addShellCommand(program: Command, session: Session): void {
  const { cwd } = session.terminal;
  program
    .command('shell')
    .summary('open a shell in the root of a release')
    .description(
      'Unpacks the root of a release into the workspace and opens a shell in it, as its root, with the network and no service running. ' +
        'The release stays as it is, and what is written is thrown away at the end. No root is needed and nothing of the host is seen.',
    )
    .argument('<release>', 'folder with a manifest.json, such as out/debian-bookworm/latest')
    .argument('[command...]', 'run this instead of a shell; after `--` if it has options')
    .addOption(workspaceOption(session.terminal))
    .addHelpText('after', HELP)
    .action(async (folder, [tool, ...args], options) => {
      session.open({ plain: true });
      const request = {
        release: path.resolve(cwd, folder),
        command: tool === undefined ? undefined : ([tool, ...args] as const),
        workspace: path.resolve(cwd, options.workspace),
      };
      await shellInRelease(request, session.signal);
    });
}

const HELP = `
Examples:
  $ npx lunsmith shell out/debian-bookworm/latest
  $ npx lunsmith shell out/debian-bookworm/latest -- dpkg-query --show 'linux-image-*'

It shows what the files are, not how they boot: no unit is started. Partitions with FAT, such as /boot/efi, are empty here.`;
