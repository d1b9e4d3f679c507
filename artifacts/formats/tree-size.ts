/** What a directory tree takes in a file system with 4 KiB blocks, like du(1), but not by what this host allocated. */
import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MIB } from './disk-layout.js';

const BLOCK = 4096;
/** A directory block less its checksum and what stays unused at its end. */
const DIRECTORY_BLOCK = 4040;
/** Longer link targets than this do not fit into the inode. */
const INLINE_TARGET = 59;

export interface TreeSize {
  /** Files, directories, links and special files; hard links count once. */
  readonly inodes: number;
  /** Blocks of 4 KiB for contents and directories. */
  readonly blocks: number;
}

/**
 * Measures a tree.
 * @param hidden paths relative to `root` of directories whose content does not count
 */
export async function measureTree(root: string, hidden: readonly string[] = []): Promise<TreeSize> {
  const linked = new Set<string>();
  const empty = new Set(hidden.map((path) => join(root, path)));
  let inodes = 1;
  let blocks = 0;
  const visit = async (folder: string): Promise<void> => {
    const entries = empty.has(folder) ? [] : await readdir(folder, { withFileTypes: true });
    blocks += directoryBlocks(entries);
    // A folder's files at once, folders one by one: few open files, and no deep recursion in parallel.
    const files = entries.filter((entry) => !entry.isDirectory());
    const stats = await Promise.all(files.map(({ name }) => lstat(join(folder, name))));
    for (const found of stats) {
      const identity = `${found.dev}:${found.ino}`;
      if (found.nlink > 1 && linked.has(identity)) continue;
      if (found.nlink > 1) linked.add(identity);
      inodes += 1;
      blocks += contentBlocks(found);
    }
    for (const entry of entries) {
      if (!entry.isDirectory()) continue;
      inodes += 1;
      await visit(join(folder, entry.name));
    }
  };
  await visit(root);
  return { inodes, blocks };
}

function directoryBlocks(entries: readonly Dirent[]): number {
  const bytes = entries.reduce((sum, { name }) => sum + 8 + ((Buffer.byteLength(name) + 3) & ~3), 24);
  return Math.ceil(bytes / DIRECTORY_BLOCK);
}

function contentBlocks(found: Stats): number {
  if (found.isSymbolicLink()) return found.size > INLINE_TARGET ? 1 : 0;
  if (!found.isFile()) return 0;
  // Large files may have holes, which stay holes; the allocation of small ones says more of this host than of them.
  const bytes = found.size > MIB ? Math.min(found.size, found.blocks * 512) : found.size;
  return Math.ceil(bytes / BLOCK);
}
