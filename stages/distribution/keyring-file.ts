/** Files with the keys that archives are signed by: what is wrong with one is known before anything is fetched. */
import { readFileSync } from 'node:fs';
import { beginsWithPublicKey } from '../../artifacts/formats/openpgp.js';
import type { StageFinding } from '../../pipeline/stage.js';

type Finding = Omit<StageFinding, 'path'>;

/** What `gpg --export` writes; undefined for a file that begins as one should. @param path absolute @param absent hint when there is none */
export function keyringFileProblem(path: string, absent: string): Finding | undefined {
  const read = readWhole(path);
  if (read === undefined) return { what: `The keyring ${path} does not exist.`, hint: absent };
  const expected = 'a file with OpenPGP keys, as `gpg --export` writes it';
  if (!(read instanceof Uint8Array)) return { what: `${path} is no keyring.`, expected, found: read.found };
  if (read.length === 0) return { what: `${path} is no keyring.`, expected, found: 'an empty file' };
  if (beginsWithPublicKey(read)) return undefined;
  return { what: `${path} is no keyring.`, expected, found: 'a file that begins with no key' };
}

/** A file's bytes, or what stands in the way; undefined when nothing is there. */
export function readWhole(path: string): Uint8Array | { readonly found: string } | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    return { found: code === 'EISDIR' ? 'a folder' : `a file that cannot be read (${code})` };
  }
}
