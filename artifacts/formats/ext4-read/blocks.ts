/**
 * Which blocks an inode's content occupies. Facts: Linux Documentation/filesystems/ext4 (ifork.rst, blockmap.rst).
 */
import { BLOCK } from '../ext4-size.js';
import type { Extent, InodeBlocks } from '../file-tree/content.js';
import { bytesOf, damaged, readVolume, type Volume } from '../file-tree/volume.js';
import type { Inode } from './inode.js';

const EXTENT_MAGIC = 0xf30a;
const EXTENT = 12;
/** Levels of an extent tree below its root. */
const DEEPEST = 5;
/** Longer extents are unwritten, and that much shorter. */
const LONGEST = 0x8000;
const DIRECT = 12;
const POINTERS = BLOCK / 4;

/** @throws Failure of kind `integrity` */
export async function readInodeBlocks(volume: Volume, inode: Inode): Promise<InodeBlocks> {
  const extents: Extent[] = [];
  const read = nodeReader(volume, inode);
  if (inode.hasExtents) await readExtents({ volume, inode, read }, inode.map, extents);
  else if (hasBlocks(inode)) await readPointers(read, inode, extents);
  const late = extents.findIndex(({ start, end }, index) => {
    const before = extents[index - 1]?.end ?? 0;
    return start < before || end < start;
  });
  if (late >= 0)
    throw damaged(volume, `extents of inode ${inode.number} in order`, `the ${late + 1}th is not`);
  return { extents };
}

type ReadNode = (block: number) => Promise<Buffer>;

/** Reads blocks that number others; no more of them than the image has blocks, since damaged ones may lead round. */
function nodeReader(volume: Volume, { number }: Inode): ReadNode {
  let nodes = 0;
  let most: number | undefined;
  return async (block) => {
    most ??= ((await bytesOf(volume)) ?? Number.POSITIVE_INFINITY) / BLOCK;
    nodes += 1;
    if (nodes > most)
      throw damaged(volume, `at most ${most} blocks that number those of inode ${number}`, 'more');
    return readVolume(volume, block * BLOCK, BLOCK);
  };
}

/** A device's or a short link's i_block numbers no blocks. */
function hasBlocks({ type, size }: Inode): boolean {
  return type === 'file' || type === 'directory' || (type === 'symlink' && size >= 60);
}

interface ExtentSource {
  readonly volume: Volume;
  readonly inode: Inode;
  readonly read: ReadNode;
}

/** @param below how deep the tree may be from here on */
async function readExtents(
  source: ExtentSource,
  node: Buffer,
  extents: Extent[],
  below = DEEPEST,
): Promise<void> {
  const [magic, entries, depth] = [node.readUInt16LE(0), node.readUInt16LE(2), node.readUInt16LE(6)];
  if (magic !== EXTENT_MAGIC || depth > below || (entries + 1) * EXTENT > node.length) {
    const found = `magic 0x${magic.toString(16)}, ${entries} entries, depth ${depth}`;
    throw damaged(source.volume, `an extent tree of inode ${source.inode.number}`, found);
  }
  for (let index = 1; index <= entries; index += 1) {
    const entry = node.subarray(index * EXTENT, (index + 1) * EXTENT);
    if (depth > 0) {
      const block = entry.readUInt32LE(4) + entry.readUInt16LE(8) * 2 ** 32;
      await readExtents(source, await source.read(block), extents, depth - 1);
      continue;
    }
    const start = entry.readUInt32LE(0);
    const length = entry.readUInt16LE(4);
    const unwritten = length > LONGEST;
    extents.push({
      start,
      end: start + (unwritten ? length - LONGEST : length),
      physical: entry.readUInt16LE(6) * 2 ** 32 + entry.readUInt32LE(8),
      unwritten,
    });
  }
}

async function readPointers(read: ReadNode, inode: Inode, extents: Extent[]): Promise<void> {
  const add = (start: number, physical: number) => {
    if (physical !== 0) extents.push({ start, end: start + 1, physical, unwritten: false });
  };
  const descend = async (block: number, start: number, depth: number): Promise<void> => {
    if (block === 0) return;
    const bytes = await read(block);
    for (let index = 0; index < POINTERS; index += 1) {
      const next = bytes.readUInt32LE(index * 4);
      if (depth === 1) add(start + index, next);
      else await descend(next, start + index * POINTERS ** (depth - 1), depth - 1);
    }
  };
  for (let index = 0; index < DIRECT; index += 1) add(index, inode.map.readUInt32LE(index * 4));
  let start = DIRECT;
  for (let depth = 1; depth <= 3; depth += 1) {
    await descend(inode.map.readUInt32LE((DIRECT + depth - 1) * 4), start, depth);
    start += POINTERS ** depth;
  }
}
