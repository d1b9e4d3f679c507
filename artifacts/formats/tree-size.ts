/** What a directory tree takes in a file system with 4 KiB blocks, like du(1), but not by what this host allocated. */
import { dirname } from 'node:path';
import type { Ports } from '../../base/ports.js';
import { MIB } from './disk-layout.js';
import { treeEntries } from './tree-entries.js';

const BLOCK = 4096;
/** Units of find's `%b`. */
const SECTOR = 512;
/** A directory block less its checksum and what stays unused at its end. */
const DIRECTORY_BLOCK = 4040;
/** Bytes of `.` and `..`. */
const OWN_ENTRIES = 24;
/** Longer link targets than this do not fit into the inode. */
const INLINE_TARGET = 59;

export interface TreeSize {
  /** Files, directories, links and special files; hard links count once. */
  readonly inodes: number;
  /** Blocks of 4 KiB for contents and directories. */
  readonly blocks: number;
}

/** The same tree as mkfs.btrfs(8) counts it. */
export interface DenseSize {
  /** Names: hard links count each. */
  readonly names: number;
  /** Blocks of 4 KiB for the contents of all names, as if no file had holes. */
  readonly blocks: number;
  /** Paths of devices, of which it loses the numbers (6.2): relative to the root. */
  readonly devices: readonly string[];
}

/** Of a tree that becomes a file system: what the tools that write it do not take over. */
export interface TopDirectory {
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Measures a tree.
 * @param hidden paths relative to `root` of directories whose content does not count
 * @throws Failure of kind `tool` when the tree cannot be read
 */
export async function measureTree(
  run: Ports['run'],
  root: string,
  hidden: readonly string[] = [],
): Promise<TreeSize & { readonly dense: DenseSize }> {
  const entries = await treeEntries(run, root, { fields: ['y', 'n', 'D', 'i', 's', 'b', 'P'] });
  const below = hidden.map((path) => `${path}/`);
  const linked = new Set<string>();
  /** Bytes of each directory's entries, by its path. */
  const directories = new Map<string, number>();
  let inodes = 0;
  let blocks = 0;
  const dense = { names: 0, blocks: 0, devices: [] as string[] };
  for (const { y: type, n: links, D: device, i: inode, s: size, b: sectors, P: path } of entries) {
    if (below.some((folder) => path.startsWith(folder))) continue;
    if (path !== '') {
      const parent = dirname(path);
      directories.set(parent, (directories.get(parent) ?? OWN_ENTRIES) + entryBytes(path, parent));
    }
    dense.names += 1;
    if (type === 'b' || type === 'c') dense.devices.push(path);
    if (type === 'f') dense.blocks += Math.ceil(Number(size) / BLOCK);
    if (type === 'd') {
      directories.set(path === '' ? '.' : path, OWN_ENTRIES);
    } else if (links !== '1') {
      const identity = `${device}:${inode}`;
      if (linked.has(identity)) continue;
      linked.add(identity);
    }
    inodes += 1;
    if (type === 'f') blocks += fileBlocks(Number(size), Number(sectors) * SECTOR);
    if (type === 'l' && Number(size) > INLINE_TARGET) blocks += 1;
  }
  for (const bytes of directories.values()) blocks += Math.ceil(bytes / DIRECTORY_BLOCK);
  return { inodes, blocks, dense };
}

/** Head and name of a directory entry, a multiple of four. */
function entryBytes(path: string, parent: string): number {
  const name = parent === '.' ? path : path.slice(parent.length + 1);
  return 8 + ((Buffer.byteLength(name) + 3) & ~3);
}

function fileBlocks(bytes: number, allocated: number): number {
  // Large files may have holes, which stay holes; the allocation of small ones says more of this host than of them.
  return Math.ceil((bytes > MIB ? Math.min(bytes, allocated) : bytes) / BLOCK);
}
