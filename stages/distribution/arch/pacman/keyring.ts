/**
 * The keys that packages must be signed by, in the files of pacman-key(8): a keyring, beside it `NAME-trusted` with those
 * whose owners vouch for others, and `NAME-revoked`. Of a keyring alone each key is trusted.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../../../base/failure.js';

/** Where hosts have the keyring of Arch Linux: Debian's package `archlinux-keyring`, and Arch's. */
const ARCH_KEYRINGS = ['/usr/share/keyrings/archlinux.gpg', '/usr/share/pacman/keyrings/archlinux.gpg'];

type Part = '.gpg' | '-trusted' | '-revoked';

export interface Keyring {
  /** Path of the keyring file. */
  readonly file: string;
  /** Texts of the files by how their names end; `.gpg` is always there. */
  readonly parts: ReadonlyMap<Part, Buffer>;
  /** Of all of it, lower-case hex sha256. */
  readonly digest: string;
}

/** The keyring of a path, or the host's own of Arch Linux. @returns undefined when there is none */
export async function readKeyring(path: string | undefined): Promise<Keyring | undefined> {
  for (const file of path === undefined ? ARCH_KEYRINGS : [path]) {
    const keys = await readFile(file).catch(() => undefined);
    if (keys === undefined) continue;
    const parts = new Map<Part, Buffer>([['.gpg', keys]]);
    for (const part of ['-trusted', '-revoked'] as const) {
      const text = await readFile(`${file.replace(/\.(gpg|asc)$/, '')}${part}`).catch(() => undefined);
      if (text !== undefined) parts.set(part, text);
    }
    return {
      file,
      parts,
      digest: createHash('sha256')
        .update(Buffer.concat([...parts.values()]))
        .digest('hex'),
    };
  }
  return undefined;
}

/** Whether there is one, without reading it. */
export function hasKeyring(path: string | undefined): boolean {
  return (path === undefined ? ARCH_KEYRINGS : [path]).some((file) => existsSync(file));
}

/** @throws Failure of kind `recipe` when there is none */
export async function requireKeyring(path: string | undefined): Promise<Keyring> {
  const keyring = await readKeyring(path);
  if (keyring !== undefined) return keyring;
  throw new Failure('recipe', noKeyring(path));
}

export function noKeyring(path: string | undefined): { readonly what: string; readonly hint: string } {
  return path === undefined
    ? {
        what: 'This host has no keyring of Arch Linux.',
        hint: 'Install it (Debian: `apt-get install archlinux-keyring`), or name one in `keyring`.',
      }
    : { what: `The keyring ${path} does not exist.`, hint: 'Name another one in `keyring`.' };
}

/** Writes the keyring where pacman-key(8) of the booted system looks for it. @param folder in which, an absolute path */
export async function copyKeyring(keyring: Keyring, name: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [part, content] of keyring.parts) await writeFile(join(folder, `${name}${part}`), content);
}
