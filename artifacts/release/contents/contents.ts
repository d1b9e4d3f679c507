/** What lies in a release, by path: of the system that boots from it, or of its initramfs. */
import { posix } from 'node:path';
import { Failure } from '../../../base/failure.js';
import { didYouMean } from '../../../base/suggest.js';
import type { FileType } from '../../formats/file-tree/tree.js';

export interface Entry {
  /** Absolute, from the root of the system on. */
  readonly path: string;
  readonly type: FileType | 'special file';
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Of a symbolic link. */
  readonly target?: string;
  /** Major and minor number of a device: `8:1`. */
  readonly device?: string;
  /** Its bytes, piece by piece; of a regular file. */
  readonly content?: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

export interface Contents extends AsyncDisposable {
  /** By path. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Partitions that no reader of ours can look into, by their mount points, and what to do instead. */
  readonly unread: ReadonlyMap<string, string>;
}

/** As many symbolic links as Linux follows in one path, see path_resolution(7). */
const MOST_LINKS = 40;

/**
 * What a path leads to in the end, links followed as the booted system would.
 * @throws Failure of kind `usage` when there is nothing, or nothing that can be read
 */
export function findEntry({ entries, unread }: Contents, path: string): Entry {
  let at = '/';
  let links = 0;
  for (let rest = partsOf(path); ; ) {
    const [part, ...others] = rest;
    const found = entries.get(at);
    const instead = unread.get(at);
    if (instead !== undefined) throw notRead(at, instead);
    if (part === undefined) return found ?? missing(entries, path, at);
    rest = others;
    if (part === '..') {
      at = posix.dirname(at);
      continue;
    }
    const next = posix.join(at, part);
    const { target } = entries.get(next) ?? missing(entries, path, next);
    if (target === undefined) {
      at = next;
      continue;
    }
    links += 1;
    if (links > MOST_LINKS) {
      throw new Failure('usage', { what: `The symbolic links of ${path} lead in a circle.` });
    }
    if (target.startsWith('/')) at = '/';
    rest = [...partsOf(target), ...others];
  }
}

/** What lies in a directory, by name; what lies below it at any depth when `deep`. */
export function entriesBelow({ entries }: Contents, directory: string, deep = false): Entry[] {
  const base = directory === '/' ? '/' : `${directory}/`;
  return [...entries.values()]
    .filter(({ path }) => path !== '/' && path.startsWith(base) && (deep || !path.includes('/', base.length)))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function missing(entries: Contents['entries'], path: string, at: string): never {
  const folder = posix.dirname(at);
  const beside = [...entries.keys()].filter((each) => posix.dirname(each) === folder);
  throw new Failure('usage', {
    what: `There is no ${path} in the release.`,
    expected:
      'a path of the booted system, such as /etc/fstab, or one of the initramfs, such as initramfs:/init',
    ...(entries.has(folder) && at === path ? {} : { found: `no ${at}` }),
    ...didYouMean(at, beside),
  });
}

function notRead(mount: string, hint: string): Failure {
  return new Failure('usage', {
    what: `${mount} is a partition of its own, whose file system is not read here.`,
    expected: 'a path on ext4 or Btrfs',
    hint,
  });
}
