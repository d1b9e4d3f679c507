/**
 * The trees of a Btrfs on one disk, read from the image without mounting it: superblock, where chunks lie, and items in the order of
 * their keys. Facts: Linux include/uapi/linux/btrfs_tree.h and fs/btrfs/{ctree,volumes}.h.
 */
import { crc32c } from '../crc32c.js';
import { bytesOf, damaged, readVolume, type Volume } from '../file-tree/volume.js';

const SUPERBLOCK = 0x10000;
const SUPERBLOCK_BYTES = 4096;
const MAGIC = '_BHRfS_M';
/** Where the chunks of the chunk tree stand in the superblock, behind their length. */
const SYSTEM_CHUNKS = 0x32b;
const KEY = 17;
/** Header of a node; then key and place of each item, or of each node below. */
const HEADER = 101;
const ITEM = KEY + 8;
const POINTER = KEY + 16;
const DEEPEST = 8;
const NODE_BYTES = [4096, 8192, 16384, 32768, 65536];
const STRIPE = 32;
const CHUNK = 48;

/** Types of items. */
export const ITEM_TYPES = {
  inode: 1,
  attribute: 24,
  directoryIndex: 96,
  extent: 108,
  root: 132,
  chunk: 228,
} as const;

export interface Item {
  readonly object: number;
  readonly type: number;
  readonly offset: number;
  readonly bytes: Buffer;
  /** Where {@link bytes} lie, from the file system's start on. */
  readonly at: number;
  /** Where the node lies that they are in, likewise, and its length in bytes. */
  readonly node: { readonly at: number; readonly length: number };
}

interface Chunk {
  readonly start: number;
  readonly length: number;
  /** From the disk's start on. */
  readonly physical: number;
}

export interface Nodes {
  /** Bytes from the file system's start on of the `length` bytes that the file system has at `logical`. */
  place(logical: number, length: number): number;
  /** The items of a tree in the order of their keys. @param root place of its highest node */
  items(root: number): AsyncGenerator<Item>;
  /** The highest node of the tree of trees. */
  readonly root: number;
}

/** @throws Failure of kind `integrity` for what is damaged, and for what is not of the kind that is written here */
export async function openNodes(volume: Volume): Promise<Nodes> {
  const superblock = await readVolume(volume, SUPERBLOCK, SUPERBLOCK_BYTES);
  if (superblock.toString('latin1', 0x40, 0x48) !== MAGIC)
    throw damaged(volume, 'the superblock of a Btrfs', 'none');
  requireSum(volume, superblock, 'the superblock');
  const nodeBytes = superblock.readUInt32LE(0x94);
  if (!NODE_BYTES.includes(nodeBytes)) throw damaged(volume, 'nodes of 4 to 64 KiB', `${nodeBytes} bytes`);
  const whole = (await bytesOf(volume)) ?? Number.POSITIVE_INFINITY;
  const most = whole / nodeBytes;
  let reads = 0;
  const chunks: Chunk[] = [];
  const place = (logical: number, bytes: number) => {
    const chunk = chunks.find(({ start, length }) => start <= logical && logical + bytes <= start + length);
    if (chunk === undefined)
      throw damaged(volume, `a chunk that holds ${bytes} bytes at byte ${logical}`, 'none');
    if (chunk.physical + chunk.length > whole)
      throw damaged(volume, `chunks up to byte ${whole}`, `one up to byte ${chunk.physical + chunk.length}`);
    return chunk.physical + logical - chunk.start;
  };
  const read = async (logical: number) => {
    // Damaged nodes may lead to others again and again. Each tree is walked once.
    reads += 1;
    if (reads > most) throw damaged(volume, `at most ${most} nodes`, 'more');
    const bytes = await readVolume(volume, place(logical, nodeBytes), nodeBytes);
    requireSum(volume, bytes, `the node at ${logical}`);
    return bytes;
  };
  async function* walk(logical: number, walked: Walk, above: number, first?: bigint): AsyncGenerator<Item> {
    const node = await read(logical);
    const level = node[100] as number;
    const count = node.readUInt32LE(96);
    const step = level === 0 ? ITEM : POINTER;
    if (level >= above || HEADER + count * step > nodeBytes)
      throw damaged(volume, `a node at ${logical}`, `${count} items at level ${level}`);
    if (first !== undefined && (count === 0 || orderOf(node, HEADER) !== first))
      throw damaged(volume, `the node at ${logical} to begin as the one above says`, 'another key');
    for (let at = HEADER; at < HEADER + count * step; at += step) {
      if (level > 0) {
        yield* walk(number(volume, node, at + KEY), walked, level, orderOf(node, at));
        continue;
      }
      const order = orderOf(node, at);
      if (order <= walked.last)
        throw damaged(volume, `items of the node at ${logical} in the order of their keys`, 'others');
      walked.last = order;
      const start = HEADER + node.readUInt32LE(at + KEY);
      const end = start + node.readUInt32LE(at + KEY + 4);
      if (end > nodeBytes)
        throw damaged(volume, `an item of the node at ${logical}`, `one up to byte ${end}`);
      const bytes = node.subarray(start, end);
      const own = { at: place(logical, nodeBytes), length: nodeBytes };
      yield { ...keyAt(node, at), bytes, at: own.at + start, node: own };
    }
  }
  const items = (root: number) => walk(root, { last: -1n }, DEEPEST);
  const system = superblock.subarray(SYSTEM_CHUNKS, SYSTEM_CHUNKS + superblock.readUInt32LE(0xa0));
  for (let at = 0; at + KEY + CHUNK + STRIPE <= system.length; at += KEY + CHUNK + STRIPE)
    chunks.push(chunkOf(volume, keyAt(system, at).offset, system.subarray(at + KEY)));
  const all: Chunk[] = [];
  for await (const { type, offset, bytes } of items(number(volume, superblock, 0x58)))
    if (type === ITEM_TYPES.chunk) all.push(chunkOf(volume, offset, bytes));
  chunks.splice(0, chunks.length, ...all);
  return { place, items, root: number(volume, superblock, 0x50) };
}

/** A number of 64 bits that stands for a place, a size or an inode. */
export function number(volume: Volume, bytes: Buffer, at: number): number {
  if (at + 8 > bytes.length)
    throw damaged(volume, `a number at byte ${at} of an item`, `${bytes.length} bytes`);
  const value = bytes.readBigUInt64LE(at);
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw damaged(volume, 'places that an image can have', String(value));
}

/** One walk through a tree. */
interface Walk {
  /** Key of the last item, by {@link orderOf}. */
  last: bigint;
}

/** A key as one number, of which a tree has each once and in order. */
function orderOf(bytes: Buffer, at: number): bigint {
  const type = BigInt(bytes[at + 8] as number);
  return (bytes.readBigUInt64LE(at) << 72n) | (type << 64n) | bytes.readBigUInt64LE(at + 9);
}

/** Objects of the file system's own have the highest numbers, which no file has. */
function keyAt(bytes: Buffer, at: number): Pick<Item, 'object' | 'type' | 'offset'> {
  return {
    object: Number(bytes.readBigUInt64LE(at)),
    type: bytes[at + 8] as number,
    offset: Number(bytes.readBigUInt64LE(at + 9)),
  };
}

function chunkOf(volume: Volume, start: number, bytes: Buffer): Chunk {
  const stripes = bytes.length < CHUNK + STRIPE ? 0 : bytes.readUInt16LE(44);
  if (stripes !== 1) throw damaged(volume, 'a Btrfs on one disk that has all once', `${stripes} stripes`);
  return { start, length: number(volume, bytes, 0), physical: number(volume, bytes, CHUNK + 8) };
}

/** The checksum of a node or of the superblock: that of all behind its own place of 32 bytes, where its first four stand. */
export function sumOf(bytes: Buffer): number {
  return ~crc32c(0xffffffff, bytes.subarray(32)) >>> 0;
}

function requireSum(volume: Volume, bytes: Buffer, what: string): void {
  const sum = sumOf(bytes);
  const found = bytes.readUInt32LE(0);
  if (sum !== found)
    throw damaged(
      volume,
      `crc32c ${sum.toString(16)} of ${what}`,
      `${found.toString(16)}, or another checksum`,
    );
}
