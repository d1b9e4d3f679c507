/** Two file systems, file by file. */
import type { BlockIndex } from '../block-index.js';
import { BLOCK } from '../ext4-size.js';
import { overlay, spanAt } from '../ranges.js';
import type { Extent, InodeBlocks } from './blocks.js';
import type { Ext4Tree, FileEntry } from './tree.js';

export type FileAspect = 'type' | 'owner' | 'mode' | 'size' | 'target' | 'device' | 'attributes' | 'content';

export interface FileChange {
  readonly path: string;
  readonly type: FileEntry['type'];
  /** What differs; `old` and `new` are absent of the content. */
  readonly changes: readonly { readonly what: FileAspect; readonly old?: string; readonly new?: string }[];
  /** First 4 KiB block of the file that differs; absent when its content does not. */
  readonly block?: number;
}

/** All sorted by path. Times are not compared. */
export interface TreeChanges {
  readonly added: readonly FileEntry[];
  readonly removed: readonly FileEntry[];
  readonly changed: readonly FileChange[];
}

/** A file system's files, and the digests of the image's blocks in which their content is looked up. */
export interface IndexedTree {
  readonly tree: Ext4Tree;
  readonly index: BlockIndex;
  /** The image's block at which the file system begins. */
  readonly firstBlock: number;
}

/** Reads nothing: content is compared by the blocks' digests. */
export function compareTrees(a: IndexedTree, b: IndexedTree): TreeChanges {
  const added: FileEntry[] = [];
  const removed: FileEntry[] = [];
  const changed: FileChange[] = [];
  for (const path of sortPaths(new Set([...a.tree.files.keys(), ...b.tree.files.keys()]))) {
    const [old, now] = [a.tree.files.get(path), b.tree.files.get(path)];
    if (old === undefined) added.push(now as FileEntry);
    else if (now === undefined) removed.push(old);
    else {
      const change = compareFiles(a, old, b, now);
      if (change !== undefined) changed.push(change);
    }
  }
  return { added, removed, changed };
}

/** What lies below a directory follows it at once. */
function sortPaths(paths: ReadonlySet<string>): string[] {
  const key = (path: string) => path.replaceAll('/', '\0');
  return [...paths]
    .map((path) => [key(path), path] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, path]) => path);
}

function compareFiles(
  a: IndexedTree,
  old: FileEntry,
  b: IndexedTree,
  now: FileEntry,
): FileChange | undefined {
  const sameType = old.type === now.type;
  const file = sameType && old.type === 'file';
  const block = file ? firstDifference(a, old, b, now) : undefined;
  const changes = [
    ...aspect('type', old.type, now.type),
    ...aspect('owner', `${old.uid}:${old.gid}`, `${now.uid}:${now.gid}`),
    ...(sameType ? aspect('mode', octal(old.mode), octal(now.mode)) : []),
    ...(file ? aspect('size', String(old.size), String(now.size)) : []),
    ...(sameType ? aspect('target', old.target, now.target) : []),
    ...(sameType ? aspect('device', old.device, now.device) : []),
    ...aspect('attributes', old.attributes.join(' ') || 'none', now.attributes.join(' ') || 'none'),
    ...(block !== undefined && old.size === now.size ? [{ what: 'content' } as const] : []),
  ];
  if (changes.length === 0) return undefined;
  return { path: now.path, type: now.type, changes, ...(block === undefined ? {} : { block }) };
}

function aspect(
  what: FileAspect,
  old: string | undefined,
  now: string | undefined,
): { what: FileAspect; old: string; new: string }[] {
  return old === undefined || now === undefined || old === now ? [] : [{ what, old, new: now }];
}

/** `0644`. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** The first block at which two files differ. */
function firstDifference(a: IndexedTree, old: FileEntry, b: IndexedTree, now: FileEntry): number | undefined {
  const [left, right] = [blocksOf(a, old), blocksOf(b, now)];
  const end = Math.ceil(Math.max(old.size, now.size) / BLOCK);
  for (const piece of overlay(left.extents, right.extents)) {
    for (let block = piece.start; block < Math.min(piece.end, end); block += 1) {
      if (digestAt(a, piece.a, block) !== digestAt(b, piece.b, block)) return block;
    }
  }
  return undefined;
}

function blocksOf({ tree }: IndexedTree, { inode }: FileEntry): InodeBlocks {
  return tree.inodes.get(inode) ?? { extents: [], mapBlocks: [] };
}

function digestAt({ index, firstBlock }: IndexedTree, extent: Extent | undefined, block: number): bigint {
  if (extent === undefined || extent.unwritten) return 0n;
  return index.at(firstBlock + extent.physical + block - extent.start);
}

/** Where in the image a file's block stands; undefined in a hole. */
export function placeOf(at: IndexedTree, inode: number, block: number): number | undefined {
  const extent = spanAt(at.tree.inodes.get(inode)?.extents ?? [], block);
  if (extent === undefined || extent.unwritten) return undefined;
  return (at.firstBlock + extent.physical + block - extent.start) * BLOCK;
}
