/**
 * What stands in each 4 KiB block of a sparse image, as short digests: which blocks two images share, where a block
 * moved to, and whether two files are the same can all be told from one pass over each image.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Ports } from '../../base/ports.js';
import { openRegular } from '../../base/regular-file.js';
import { BLOCK } from './ext4-size.js';
import { dataRanges } from './file-digest.js';
import { overlay, type Span, spanAt } from './ranges.js';
import { readAll } from './sparse.js';

/** Blocks that are read at once: 4 MiB. */
const CHUNK = 1024;

/** Blocks are counted from the image's start; 8 bytes of memory for each that is not in a hole. */
export interface BlockIndex {
  /** Apparent size, bytes. */
  readonly bytes: number;
  /** How many blocks hold a byte that is not zero. */
  readonly nonZero: number;
  /** The first 64 bits of the block's sha256; 0 of a block of zeros, of a hole, and beyond the end. */
  at(block: number): bigint;
  /** Where the image has data, in order. */
  readonly parts: readonly IndexPart[];
}

/** What became of the new image's blocks. */
export interface BlockChanges {
  /** The same content at the same position. */
  readonly unchanged: number;
  /** Content that the old image has at another position. */
  readonly moved: number;
  /** Content that stands nowhere in the old image. */
  readonly added: number;
}

/** Blocks between two holes, and the digest of each. */
export interface IndexPart extends Span {
  readonly digests: BigUint64Array;
}

interface Image {
  readonly file: FileHandle;
  readonly bytes: number;
  readonly parts: readonly IndexPart[];
}

/**
 * Reads two images side by side; a block that is the same in both is hashed once. Holes are not read.
 * @throws Failure of kind `integrity` when an image becomes shorter meanwhile
 */
export async function indexBlocks(
  a: string,
  b: string,
  { run, signal }: Pick<Ports, 'run' | 'signal'>,
): Promise<readonly [a: BlockIndex, b: BlockIndex]> {
  const first = await openImage(a, run);
  try {
    const second = await openImage(b, run);
    try {
      const buffers = [Buffer.allocUnsafe(CHUNK * BLOCK), Buffer.allocUnsafe(CHUNK * BLOCK)] as const;
      for (const { start, end, a: left, b: right } of overlay(first.parts, second.parts)) {
        for (let at = start; at < end; at += CHUNK) {
          signal.throwIfAborted();
          const count = Math.min(CHUNK, end - at);
          const [one, other] = await Promise.all([
            left && readBlocks(first.file, buffers[0], at, count),
            right && readBlocks(second.file, buffers[1], at, count),
          ]);
          digestBlocks({ bytes: one, part: left }, { bytes: other, part: right }, at, count);
        }
      }
      return [asIndex(first), asIndex(second)];
    } finally {
      await second.file.close();
    }
  } finally {
    await first.file.close();
  }
}

async function openImage(path: string, run: Ports['run']): Promise<Image> {
  const file = await openRegular(path);
  const { size: bytes } = await file.stat();
  const whole = [{ start: 0, end: bytes }];
  const parts: IndexPart[] = [];
  for (const { start, end } of blockSpans((await dataRanges(run, path)) ?? whole, bytes)) {
    parts.push({ start, end, digests: new BigUint64Array(end - start) });
  }
  return { file, bytes, parts };
}

/** Ranges of bytes as ranges of whole blocks; those that share a block become one. */
function blockSpans(ranges: readonly Span[], bytes: number): Span[] {
  const spans: { start: number; end: number }[] = [];
  const last = Math.ceil(bytes / BLOCK);
  for (const range of ranges) {
    const [start, end] = [Math.floor(range.start / BLOCK), Math.min(Math.ceil(range.end / BLOCK), last)];
    const before = spans.at(-1);
    if (before !== undefined && start <= before.end) before.end = Math.max(before.end, end);
    else if (start < end) spans.push({ start, end });
  }
  return spans;
}

async function readBlocks(file: FileHandle, buffer: Buffer, at: number, count: number): Promise<Buffer> {
  const bytes = buffer.subarray(0, count * BLOCK);
  const read = await readAll(file, bytes, at * BLOCK);
  bytes.fill(0, read);
  return bytes;
}

interface Side {
  readonly bytes: Buffer | undefined;
  readonly part: IndexPart | undefined;
}

const ZEROS = Buffer.alloc(BLOCK);

function digestBlocks(a: Side, b: Side, first: number, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const [one, other] = [blockOf(a.bytes, index), blockOf(b.bytes, index)];
    const digest = one === undefined ? 0n : digestOf(one);
    if (a.part !== undefined) a.part.digests[first + index - a.part.start] = digest;
    if (b.part === undefined || other === undefined) continue;
    const same = one?.equals(other) === true;
    b.part.digests[first + index - b.part.start] = same ? digest : digestOf(other);
  }
}

function blockOf(bytes: Buffer | undefined, index: number): Buffer | undefined {
  return bytes?.subarray(index * BLOCK, (index + 1) * BLOCK);
}

function digestOf(block: Buffer): bigint {
  if (block.equals(ZEROS)) return 0n;
  return createHash('sha256').update(block).digest().readBigUInt64LE(0);
}

function asIndex({ bytes, parts }: Image): BlockIndex {
  let nonZero = 0;
  for (const { digests } of parts) for (const digest of digests) if (digest !== 0n) nonZero += 1;
  return {
    bytes,
    nonZero,
    parts,
    at: (block) => {
      const part = spanAt(parts, block);
      return part?.digests[block - part.start] ?? 0n;
    },
  };
}

/** The blocks at which two images differ, ascending. */
export function* differingBlocks(a: BlockIndex, b: BlockIndex): Generator<number> {
  for (const { start, end, a: left, b: right } of overlay(a.parts, b.parts)) {
    for (let at = start; at < end; at += 1) {
      const one = left?.digests[at - left.start] ?? 0n;
      const other = right?.digests[at - right.start] ?? 0n;
      if (one !== other) yield at;
    }
  }
}

/** What became of each block of `b` that is not zero. */
export function compareBlocks(a: BlockIndex, b: BlockIndex): BlockChanges {
  const known = sortedDigests(a);
  let [moved, added] = [0, 0];
  for (const at of differingBlocks(a, b)) {
    const digest = b.at(at);
    if (digest === 0n) continue;
    if (contains(known, digest)) moved += 1;
    else added += 1;
  }
  return { unchanged: b.nonZero - moved - added, moved, added };
}

function sortedDigests({ parts, nonZero }: BlockIndex): BigUint64Array {
  const all = new BigUint64Array(nonZero);
  let count = 0;
  for (const { digests } of parts) {
    for (const digest of digests) {
      if (digest === 0n) continue;
      all[count] = digest;
      count += 1;
    }
  }
  return all.sort();
}

function contains(sorted: BigUint64Array, digest: bigint): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as bigint) < digest) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === digest;
}
