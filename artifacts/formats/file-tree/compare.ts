/** Two file systems, file by file. */
import { type BlockIndex, digestAt as indexedDigest } from '../block-index.js';
import { BLOCK } from '../ext4-size.js';
import { overlay } from '../ranges.js';
import type { Extent, InodeBlocks } from './content.js';
import type { FileEntry, FileTree, TreeInode } from './tree.js';
import { TIMES, type TimeName } from './tree.js';

export type FileAspect =
  | 'type'
  | 'owner'
  | 'mode'
  | 'size'
  | 'target'
  | 'device'
  | 'attributes'
  | 'content'
  | TimeName;

export interface FileChange {
  readonly path: string;
  readonly type: FileEntry['type'];
  /** What differs; `old` and `new` are absent of the content. */
  readonly changes: readonly { readonly what: FileAspect; readonly old?: string; readonly new?: string }[];
  /** First 4 KiB block of the file that differs; absent when its content does not. */
  readonly block?: number;
}

/** All sorted by path. */
export interface TreeChanges {
  readonly added: readonly FileEntry[];
  readonly removed: readonly FileEntry[];
  readonly changed: readonly FileChange[];
}

/** A file system's files, and the digests of the image's blocks in which their content is looked up. */
export interface IndexedTree {
  readonly tree: FileTree;
  readonly index: BlockIndex;
  /** The image's block at which the file system begins. */
  readonly firstBlock: number;
}

/**
 * Reads nothing: content is compared by the blocks' digests.
 * @param options times: whether a file with other times counts as changed; default: no
 */
export function compareTrees(
  a: IndexedTree,
  b: IndexedTree,
  options: { readonly times?: boolean } = {},
): TreeChanges {
  const added: FileEntry[] = [];
  const removed: FileEntry[] = [];
  const changed: FileChange[] = [];
  for (const path of sortPaths(new Set([...a.tree.files.keys(), ...b.tree.files.keys()]))) {
    const [old, now] = [a.tree.files.get(path), b.tree.files.get(path)];
    if (old === undefined) added.push(now as FileEntry);
    else if (now === undefined) removed.push(old);
    else {
      const change = compareFiles(a, old, b, now, options);
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
  { times = false }: { readonly times?: boolean },
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
    ...(times ? timeAspects(a.tree.inodes.get(old.inode), b.tree.inodes.get(now.inode)) : []),
  ];
  if (changes.length === 0) return undefined;
  return { path: now.path, type: now.type, changes, ...(block === undefined ? {} : { block }) };
}

function timeAspects(old: TreeInode | undefined, now: TreeInode | undefined) {
  return TIMES.flatMap((what, at) => aspect(what, time(old?.times[at]), time(now?.times[at])));
}

function aspect(
  what: FileAspect,
  old: string | undefined,
  now: string | undefined,
): { what: FileAspect; old: string; new: string }[] {
  return old === undefined || now === undefined || old === now ? [] : [{ what, old, new: now }];
}

/** `2026-01-01T00:00:00Z`, with nanoseconds where there are any. */
function time(nanoseconds = 0n): string {
  const second = 1_000_000_000n;
  const rest = ((nanoseconds % second) + second) % second;
  const text = new Date(Number((nanoseconds - rest) / second) * 1000).toISOString();
  return text.replace('.000Z', rest === 0n ? 'Z' : `.${String(rest).padStart(9, '0')}Z`);
}

/** `0644`. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** The first block at which two files differ. */
function firstDifference(a: IndexedTree, old: FileEntry, b: IndexedTree, now: FileEntry): number | undefined {
  const [left, right] = [blocksOf(a, old), blocksOf(b, now)];
  if (left.inline !== undefined || right.inline !== undefined)
    return left.inline?.digest === right.inline?.digest ? undefined : 0;
  const end = Math.ceil(Math.max(old.size, now.size) / BLOCK);
  for (const piece of overlay(left.extents, right.extents)) {
    for (let block = piece.start; block < Math.min(piece.end, end); block += 1) {
      if (digestAt(a, piece.a, block) !== digestAt(b, piece.b, block)) return block;
    }
  }
  return undefined;
}

function blocksOf({ tree }: IndexedTree, { inode }: FileEntry): InodeBlocks {
  return tree.inodes.get(inode) ?? { extents: [] };
}

function digestAt({ index, firstBlock }: IndexedTree, extent: Extent | undefined, block: number): bigint {
  if (extent === undefined || extent.unwritten) return 0n;
  return indexedDigest(index, firstBlock + extent.physical + block - extent.start);
}
