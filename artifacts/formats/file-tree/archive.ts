/** The files of a file system as entries of a tar archive: how they leave an image without a mount. */
import type { TarContent, TarEntry } from '../tar-write.js';
import { type InodeBlocks, readRange, writtenRanges } from './content.js';
import type { FileEntry, FileTree } from './tree.js';
import { TIMES } from './tree.js';
import { damaged, type Volume } from './volume.js';

const MODIFIED = TIMES.indexOf('modification time');

export interface TreeArchive {
  readonly entries: Iterable<TarEntry>;
  /** Paths of devices and sockets, which no archive for an ordinary user can hold, sorted. */
  readonly leftOut: readonly string[];
  /** Names of extended attributes that only the host's root could set, each once, sorted. */
  readonly withoutAttributes: readonly string[];
}

/** @throws Failure of kind `integrity`, here or while the archive is read */
export function treeArchive(volume: Volume, tree: FileTree): TreeArchive {
  const files = [...tree.files.values()].filter(({ path }) => path !== '/');
  // A directory comes before what is in it.
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path } of files) {
    if (!path.slice(1).split('/').includes('..')) continue;
    throw damaged(volume, 'names that no directory has for others', path);
  }
  const others = files.flatMap(({ attributes }) => attributes.map(nameOf).filter((name) => !isKept(name)));
  return {
    entries: entriesOf(volume, tree, files),
    leftOut: files.filter(({ type }) => !(type in KINDS)).map(({ path }) => path),
    withoutAttributes: [...new Set(others)].sort(),
  };
}

const KINDS: Readonly<Partial<Record<FileEntry['type'], TarEntry['type']>>> = {
  file: 'file',
  directory: 'directory',
  symlink: 'symlink',
  fifo: 'fifo',
};

function* entriesOf(volume: Volume, tree: FileTree, files: readonly FileEntry[]): Generator<TarEntry> {
  const first = new Map<number, Buffer>();
  for (const file of files) {
    const kind = KINDS[file.type];
    const inode = tree.inodes.get(file.inode);
    if (kind === undefined || inode === undefined) continue;
    const { mode, uid, gid } = file;
    const modified = inode.times[MODIFIED] ?? 0n;
    const path = pathOf(file);
    const facts = { path, mode, uid, gid, modified };
    const known = first.get(file.inode);
    if (known !== undefined) {
      yield { ...facts, type: 'hard link', target: known };
      continue;
    }
    first.set(file.inode, path);
    const attributes = file.attributes.filter((each) => isKept(nameOf(each))).map(decode);
    yield {
      ...facts,
      type: kind,
      ...(attributes.length === 0 ? {} : { attributes }),
      ...(kind === 'symlink' ? { target: file.targetBytes ?? Buffer.from(file.target ?? '') } : {}),
      ...(kind === 'file' ? { content: contentOf(volume, file.size, inode) } : {}),
    };
  }
}

/** Relative to the root of the file system. */
function pathOf({ path, pathBytes }: FileEntry): Buffer {
  return (pathBytes ?? Buffer.from(path)).subarray(1);
}

function contentOf(volume: Volume, size: number, inode: InodeBlocks): TarContent {
  const ranges = writtenRanges(size, inode);
  return {
    size,
    ranges,
    async *read() {
      for (const range of ranges) yield* readRange(volume, range);
    },
  };
}

const ACLS = new Set(['system.posix_acl_access', 'system.posix_acl_default']);

/** All others belong to the host's root, or to a security module that a build host need not have. */
function isKept(name: string): boolean {
  return name.startsWith('user.') || name === 'security.capability' || ACLS.has(name);
}

function nameOf(attribute: string): string {
  return attribute.slice(0, attribute.lastIndexOf('='));
}

function decode(attribute: string): readonly [name: string, value: Buffer] {
  const name = nameOf(attribute);
  const value = Buffer.from(attribute.slice(name.length + 1), 'hex');
  return [name, ACLS.has(name) ? aclForSystem(value) : value];
}

/** Tags of entries that name a user or a group (acl(5)): all others have no id. */
const NAMED = new Set([0x02, 0x08]);

const FOR_SYSTEM = 2;

/**
 * ext4 keeps an access control list in a shorter form than the one that system calls take: version 1 without the ids that mean
 * nothing, and version 2 with them (fs/ext4/acl.h and <linux/posix_acl_xattr.h>). Btrfs keeps version 2.
 */
export function aclForSystem(stored: Buffer): Buffer {
  if (stored[0] === FOR_SYSTEM) return stored;
  const parts: Uint8Array[] = [Buffer.from([FOR_SYSTEM, 0, 0, 0])];
  for (let at = 4; at + 4 <= stored.length; ) {
    const named = NAMED.has(stored.readUInt16LE(at));
    const id = named ? stored.subarray(at + 4, at + 8) : Buffer.alloc(4, 0xff);
    parts.push(stored.subarray(at, at + 4), id);
    at += named ? 8 : 4;
  }
  return Buffer.concat(parts);
}
