/** Differences between the files of two ext4 file systems, each with its place in the image. */
import { SECTOR } from '../../formats/disk-layout.js';
import {
  type FileChange,
  type IndexedTree,
  octal,
  placeOf,
  type TreeChanges,
} from '../../formats/ext4-read/compare.js';
import type { FileEntry } from '../../formats/ext4-read/tree.js';
import { BLOCK } from '../../formats/ext4-size.js';
import { readAll } from '../../formats/sparse.js';
import { excerpt, firstDifferentByte, type ImageDifference } from './difference.js';
import type { Image, Partition } from './images.js';

/** A file system of both releases, side by side. */
export interface TreePair {
  readonly partition: Partition;
  readonly a: Image & IndexedTree;
  readonly b: Image & IndexedTree;
}

export async function treeDifferences(pair: TreePair, changes: TreeChanges): Promise<ImageDifference[]> {
  const { added, removed, changed } = changes;
  const found: ImageDifference[] = [];
  for (const change of changed) found.push(...(await changeDifferences(pair, change)));
  return [...found, ...loneFiles(pair, removed, 'a'), ...loneFiles(pair, added, 'b')];
}

/** Files that one release has alone; what lies below such a directory is counted with it. */
function loneFiles(pair: TreePair, files: readonly FileEntry[], side: 'a' | 'b'): ImageDifference[] {
  const found: ImageDifference[] = [];
  for (let index = 0; index < files.length; ) {
    const file = files[index] as FileEntry;
    let next = index + 1;
    while (files[next]?.path.startsWith(`${file.path}/`)) next += 1;
    found.push(loneFile(pair, file, side, next - index - 1));
    index = next;
  }
  return found;
}

function loneFile(pair: TreePair, file: FileEntry, side: 'a' | 'b', below: number): ImageDifference {
  const { path, type, mode, uid, gid, size } = file;
  const more = below === 0 ? '' : ` with ${below} ${below === 1 ? 'file' : 'files'} below it`;
  const own = `${type} ${octal(mode)} ${uid}:${gid}, ${size} bytes${more}`;
  const [expected, found] = side === 'a' ? [own, 'no such file'] : ['no such file', own];
  const at = inodePlace(pair[side], file.inode);
  return { ...placed(pair.partition, at), part: path, path, expected, found };
}

async function changeDifferences(pair: TreePair, change: FileChange): Promise<ImageDifference[]> {
  const { path, changes, block } = change;
  const { a, partition } = pair;
  const inode = a.tree.files.get(path)?.inode ?? 0;
  const facts = changes
    // A file of another size has other content, which tells more.
    .filter(({ what }) => what !== 'content' && (what !== 'size' || block === undefined))
    .map(
      ({ what, old, new: now }): ImageDifference => ({
        ...placed(partition, inodePlace(a, inode)),
        ...{ part: `${what} of ${path}`, path, expected: old ?? '', found: now ?? '' },
      }),
    );
  return block === undefined ? facts : [...facts, await contentDifference(pair, path, block)];
}

async function contentDifference(pair: TreePair, path: string, block: number): Promise<ImageDifference> {
  const [left, right] = [await blockOf(pair.a, path, block), await blockOf(pair.b, path, block)];
  // What stands behind the end of a file is no content, yet it may be all that differs.
  const byte =
    firstDifferentByte(left.content, right.content) ?? firstDifferentByte(left.bytes, right.bytes) ?? 0;
  const place = left.place ?? right.place;
  return {
    ...(place === undefined ? {} : placed(pair.partition, place + byte)),
    part: `content of ${path} at its byte ${block * BLOCK + byte}`,
    path,
    expected: excerpt(left.content, byte),
    found: excerpt(right.content, byte),
  };
}

interface FileBlock {
  readonly bytes: Buffer;
  /** The bytes as far as the file goes. */
  readonly content: Buffer;
  /** Where it stands in the image; undefined in a hole. */
  readonly place: number | undefined;
}

async function blockOf(side: Image & IndexedTree, path: string, block: number): Promise<FileBlock> {
  const file = side.tree.files.get(path);
  const place = placeOf(side, file?.inode ?? 0, block);
  const bytes = Buffer.alloc(BLOCK);
  if (place !== undefined) await readAll(side.file, bytes, place);
  const rest = Math.max(0, (file?.size ?? 0) - block * BLOCK);
  return { bytes, content: bytes.subarray(0, rest), place };
}

/** Where an inode stands in the image, bytes. */
function inodePlace({ tree, firstBlock }: IndexedTree, inode: number): number {
  const { groups, inodesPerGroup, inodeSize } = tree.superblock;
  const group = groups[Math.floor((inode - 1) / inodesPerGroup)];
  return (firstBlock + (group?.inodeTable ?? 0)) * BLOCK + ((inode - 1) % inodesPerGroup) * inodeSize;
}

/** A byte of the image that lies in a partition. */
export function placed(partition: Partition, offset: number): Pick<ImageDifference, 'offset' | 'partition'> {
  const { number, name, firstLba } = partition;
  return { offset, partition: { number, name, offset: offset - firstLba * SECTOR } };
}
