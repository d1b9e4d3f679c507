/** `lunsmith boot`: a release on the boot gate's machine, with its console in this terminal. */
import type { Socket } from 'node:net';
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { type BootNews, bootByHand } from '../../app/boot.js';
import { isTerminal, sitAt } from '../console.js';
import { accelOption, workspaceOption } from '../options.js';
import { bootLines } from '../render/boot.js';
import type { Session } from '../session.js';

export function addBootCommand(program: Command, session: Session): void {
  const { raw, terminal } = session;
  const { cwd } = terminal;
  program
    .command('boot')
    .summary('boot a release to try it by hand')
    .description(
      'Boots a release on the machine and network of the boot gate, over DHCP, TFTP, HTTP and iSCSI, with its serial console in this terminal. ' +
        'The release stays as it is, and what is written is thrown away at the end unless it is kept. No root is needed.',
    )
    .argument('<release>', 'folder with a manifest.json, such as out/debian-bookworm/latest')
    .option(
      '--cell <name>',
      'how it boots, as `prove` names it (default: the first that the release offers, such as bios-san)',
    )
    .option(
      '--ssh',
      'let root in by a key of this try, on a port of the loopback, and print the command when it answers',
    )
    .option('--display', 'show the screen by VNC, on a port of the loopback')
    .option(
      '--keep <path>',
      'what is written stays in this file, or in a file in this folder; one that is there is booted again',
    )
    .addOption(accelOption())
    .addOption(workspaceOption(terminal))
    .addHelpText('after', HELP)
    .action(async (release, options) => {
      const caller = session.caller({ plain: true });
      const request = {
        release: path.resolve(cwd, release),
        cell: options.cell,
        accel: options.accel,
        ssh: options.ssh === true,
        display: options.display === true,
        keep: options.keep === undefined ? undefined : path.resolve(cwd, options.keep),
        workspace: path.resolve(cwd, options.workspace),
      };
      const hands = {
        terminal: isTerminal(raw),
        tell: (news: BootNews) => void terminal.stderr.write(`${bootLines(news).join('\n')}\n`),
        sit: (console: Socket) => sitAt(console, raw),
      };
      await bootByHand(request, hands, caller);
    });
}

const HELP = `
Examples:
  $ npx lunsmith boot out/debian-bookworm/latest
  $ npx lunsmith boot out/debian-bookworm/latest --cell uefi-direct --ssh
  $ npx lunsmith boot out/debian-bookworm/latest --keep tried.img      the same again boots what it was left with

Ctrl-] leaves, and cuts the machine off; \`poweroff\` in it ends it cleanly. How to log in is told at the start. Without a terminal what
comes in is typed, and what the console says comes out: Ctrl-C ends it.`;
