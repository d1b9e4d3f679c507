/** A shell, or one command, as root in a mounted root tree, with the network, on the user's terminal. */
import { lstat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOnTerminal } from '../../base/command.js';
import type { Argv, Ports } from '../../base/ports.js';
import type { ChrootGuard } from '../distribution.js';
import { openChroot } from '../sandbox/chroot.js';
import { TERMINAL_FDS } from '../sandbox/enter.js';

export interface RootShell {
  /** Stands before the path in the prompt. */
  readonly prompt: string;
  /** Functions of the shell that its user has besides, as text of sh(1). */
  readonly commands?: string;
  /** Run in the place of a shell. */
  readonly command?: Argv;
  /** Of the tree's distribution, if that is known. */
  readonly guard?: ChrootGuard;
}

/** Below /run. */
const RC = 'lunsmith/shell.rc';

/** @returns the exit code of the shell, or of the command */
export async function shellInRoot(
  root: string,
  { prompt, commands = '', command, guard }: RootShell,
  ports: Ports,
): Promise<number> {
  await using chroot = await openChroot(root, true, ports, guard);
  await writeFile(join(chroot.runFolder, RC), `${commands}PS1='${prompt.replaceAll("'", '')} \\w# '\n`);
  const argv = chroot.argv(command ?? (await shellOf(root)), { doing: 'open a shell', network: true });
  const env = { ENV: `/run/${RC}`, TERM: process.env['TERM'] ?? 'linux', LC_ALL: 'C.UTF-8' };
  return await runOnTerminal(argv, TERMINAL_FDS, env);
}

async function shellOf(root: string): Promise<Argv> {
  const bash = await lstat(join(root, 'usr/bin/bash')).catch(() => undefined);
  return bash === undefined
    ? ['/bin/sh', '-i']
    : ['/bin/bash', '--noprofile', '--rcfile', `/run/${RC}`, '-i'];
}
