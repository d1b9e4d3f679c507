/** Command lines of the shadow suite, and what its tools read from stdin. */
import type { Argv } from '../../base/ports.js';

export interface NewUser {
  readonly name: string;
  readonly uid?: number | undefined;
  readonly groups: readonly string[];
  readonly shell?: string | undefined;
  readonly home?: string | undefined;
  readonly comment?: string | undefined;
}

/** useradd(8): a locked account with a group and a home of its own. */
export function useraddArgv({ name, uid, groups, shell, home, comment }: NewUser): Argv {
  return [
    'useradd',
    '--create-home',
    '--user-group',
    `--shell=${shell ?? '/bin/bash'}`,
    ...(uid === undefined ? [] : [`--uid=${uid}`]),
    ...(groups.length === 0 ? [] : [`--groups=${groups.join(',')}`]),
    ...(home === undefined ? [] : [`--home-dir=${home}`]),
    ...(comment === undefined ? [] : [`--comment=${comment}`]),
    name,
  ];
}

/** usermod(8) on an account that is there; undefined when nothing of it changes. */
export function usermodArgv({ name, groups, shell }: NewUser): Argv | undefined {
  const changes = [
    ...(shell === undefined ? [] : [`--shell=${shell}`]),
    ...(groups.length === 0 ? [] : ['--append', `--groups=${groups.join(',')}`]),
  ];
  return changes.length === 0 ? undefined : ['usermod', ...changes, name];
}

/** chpasswd(8) with `--encrypted` takes hashes, and by stdin, where no process list shows them. */
export const CHPASSWD: Argv = ['chpasswd', '--encrypted'];

/** `*` is what no password hashes to; unlike `!` it does not keep keys from logging in. */
export const LOCKED = '*';

export function chpasswdInput(entries: readonly { readonly name: string; readonly hash: string }[]): string {
  return entries.map(({ name, hash }) => `${name}:${hash}\n`).join('');
}

/** crypt(5): what Debian can check and is not broken. */
const HASH = /^\$(?:y|gy|7|2[abxy]|6|5)\$[^\s:]{8,}$/;

export function isPasswordHash(text: string): boolean {
  return HASH.test(text);
}

/** sudoers(5). */
export function sudoersText(name: string, mode: 'password' | 'nopasswd'): string {
  return `${name} ALL=(ALL:ALL) ${mode === 'nopasswd' ? 'NOPASSWD: ' : ''}ALL\n`;
}
