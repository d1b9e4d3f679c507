/** Who may log in to a release by itself, as its files say. */
import { posix } from 'node:path';
import { type Contents, findEntry } from '../../artifacts/release/contents/contents.js';
import { openImage } from '../../artifacts/release/contents/image.js';
import type { Release } from '../../artifacts/release/release.js';
import { Failure } from '../../base/failure.js';

export interface Accounts {
  /** Names of those with a password (shadow(5)). */
  readonly byPassword: readonly string[];
  /** Names of those with an authorized key. */
  readonly byKey: readonly string[];
}

/** Undefined where its root cannot be read here. @throws Failure of kind `integrity` for a damaged image */
export async function accountsOf(release: Release): Promise<Accounts | undefined> {
  try {
    await using contents = await openImage(release);
    const users = rows(await textOf(contents, '/etc/passwd'));
    const hashes = rows(await textOf(contents, '/etc/shadow'));
    const byPassword = hashes.flatMap(([name = '', hash = '']) => (/^(?:\$|_|$)/.test(hash) ? [name] : []));
    const byKey: string[] = [];
    for (const [name = '', , , , , home = ''] of users) {
      const keys = await textOf(contents, posix.join('/', home, '.ssh/authorized_keys'));
      if (/^[^#\s]/m.test(keys)) byKey.push(name);
    }
    return { byPassword, byKey };
  } catch (error) {
    if (error instanceof Failure && error.kind === 'usage') return undefined;
    throw error;
  }
}

function rows(text: string): string[][] {
  return text.split('\n').flatMap((line) => (line === '' ? [] : [line.split(':')]));
}

/** Empty for what is not there. */
async function textOf(contents: Contents, path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const bytes of findEntry(contents, path).content?.() ?? []) chunks.push(bytes);
  } catch (error) {
    if (error instanceof Failure && error.kind === 'usage') return '';
    throw error;
  }
  return Buffer.concat(chunks).toString('utf8');
}
