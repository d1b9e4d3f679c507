/**
 * The keys that packages must be signed by, in the files of pacman-key(8): a keyring, beside it `NAME-trusted` with those
 * whose owners vouch for others, and `NAME-revoked`. Of a keyring alone each key is trusted.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type Diagnostic, Failure } from '../../../../base/failure.js';
import { keyringFileProblem, readWhole } from '../../keyring-file.js';

/** Where hosts have the keyring of Arch Linux: Debian's package `archlinux-keyring`, and Arch's. */
const ARCH_KEYRINGS = ['/usr/share/keyrings/archlinux.gpg', '/usr/share/pacman/keyrings/archlinux.gpg'];

type Part = '.gpg' | '-trusted' | '-revoked';
type Problem = Omit<Diagnostic, 'place'>;

export interface Keyring {
  /** Path of the keyring file. */
  readonly file: string;
  /** Texts of the files by how their names end; `.gpg` is always there. */
  readonly parts: ReadonlyMap<Part, Uint8Array>;
  /** Of all of it, lower-case hex sha256. */
  readonly digest: string;
}

/** Fingerprints that a `-trusted` or `-revoked` file names, one a line. */
export function fingerprintsOf(text: string): string[] {
  return text.split('\n').flatMap((line) => /^([0-9A-F]{40})(?::|$)/.exec(line.trim())?.[1] ?? []);
}

/** The keyring of a path, or the host's own of Arch Linux. @returns what is wrong with it instead, if something is */
export function findKeyring(path: string | undefined): Keyring | Problem {
  const file = path ?? ARCH_KEYRINGS.find((each) => existsSync(each));
  if (file === undefined) {
    return {
      what: 'This host has no keyring of Arch Linux.',
      hint: 'Install `archlinux-keyring`, or name a keyring in `keyring`.',
    };
  }
  const problem = keyringFileProblem(file, 'Name another one in `keyring`.');
  if (problem !== undefined) return withNeighbour(file, problem);
  const parts = new Map<Part, Uint8Array>();
  for (const part of ['.gpg', '-trusted', '-revoked'] as const) {
    const at = part === '.gpg' ? file : besides(file, part);
    const read = readWhole(at);
    if (read === undefined) continue;
    if (!(read instanceof Uint8Array)) return noList(at, read.found);
    const text = Buffer.from(read).toString('utf8');
    // All may stay, but without anybody who vouches nothing is trusted.
    const empty = part === '-trusted' || text.trim() !== '';
    if (part !== '.gpg' && empty && fingerprintsOf(text).length === 0)
      return noList(at, 'a file without any fingerprint');
    parts.set(part, read);
  }
  const digest = createHash('sha256')
    .update(Buffer.concat([...parts.values()]))
    .digest('hex');
  return { file, parts, digest };
}

function besides(file: string, part: Part): string {
  return `${file.replace(/\.(gpg|asc)$/, '')}${part}`;
}

function noList(path: string, found: string): Problem {
  return {
    what: `${path} names no keys.`,
    expected: 'a fingerprint of 40 hexadecimal digits on each line, and `:4:` after one that is trusted',
    found,
    hint: 'Mend it, or remove it: without `NAME-trusted` each key of the keyring is trusted, without `NAME-revoked` none is revoked.',
  };
}

/** Who names the list of trusted keys means the keys beside it. */
function withNeighbour(file: string, problem: Problem): Problem {
  const keys = file.replace(/-(trusted|revoked)$/, '.gpg');
  return keys !== file && existsSync(keys) ? { ...problem, hint: `Did you mean ${keys}?` } : problem;
}

/** @throws Failure of kind `recipe` when there is none */
export function requireKeyring(path: string | undefined): Keyring {
  const found = findKeyring(path);
  if ('digest' in found) return found;
  throw new Failure('recipe', found);
}
