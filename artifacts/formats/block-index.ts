/**
 * What stands in each 4 KiB block of an image or of a whole release, as short digests: which blocks two of them share, where a
 * block moved to, and whether two files are the same can all be told from one pass over each. The digests are the leaves of the
 * fs-verity tree.
 */
import type { Ports } from '../../base/ports.js';
import { type BlockTable, createTable } from './block-table.js';
import { verityTree } from './fs-verity.js';
import { BLOCK, blockDigests, DIGEST } from './fs-verity-groups.js';
import { overlay, type Span, spanAt } from './ranges.js';

/** Blocks that follow each other. */
export interface IndexPart extends Span {
  /** The first 64 bits of each block's sha256; 0 of a block of zeros. */
  readonly digests: BigUint64Array;
}

/** Blocks are counted from the image's start; 8 bytes of memory for each that is not in a hole. */
export interface BlockIndex {
  /** Apparent size, bytes. */
  readonly bytes: number;
  /** How many blocks hold a byte that is not zero. */
  readonly nonZero: number;
  /** In order; what lies between is zeros. */
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

export function blocksOf(bytes: number): number {
  return Math.ceil(bytes / BLOCK);
}

/** The digest of a block; 0 of one of zeros, and beyond the end. */
export function digestAt({ parts }: Pick<BlockIndex, 'parts'>, block: number): bigint {
  const part = spanAt(parts, block);
  return part?.digests[block - part.start] ?? 0n;
}

/** @throws Failure of kind `integrity` when the image becomes shorter meanwhile */
export async function indexBlocks(
  path: string,
  { run, signal }: Pick<Ports, 'run' | 'signal'>,
): Promise<BlockIndex> {
  const collected = collectParts();
  const { bytes } = await verityTree(path, {
    ...{ run, signal },
    onGroup: (start, digests, group) =>
      collected.add(start / BLOCK, shorten(digests, blocksOf(group.length))),
  });
  const parts = collected.parts();
  return { bytes, nonZero: countNonZero(parts), parts };
}

/** Collects digests in order into as few parts as there are gaps. */
export function collectParts(): {
  add(start: number, digests: BigUint64Array): void;
  parts(): IndexPart[];
} {
  const groups: { start: number; end: number; all: BigUint64Array[] }[] = [];
  return {
    add: (start, digests) => {
      if (!digests.some((digest) => digest !== 0n)) return;
      const last = groups.at(-1);
      const end = start + digests.length;
      if (last?.end === start) {
        last.all.push(digests);
        last.end = end;
      } else groups.push({ start, end, all: [digests] });
    },
    parts: () =>
      groups.map(({ start, end, all }) => {
        const digests = new BigUint64Array(end - start);
        let at = 0;
        for (const each of all) {
          digests.set(each, at);
          at += each.length;
        }
        return { start, end, digests };
      }),
  };
}

const ZERO = blockDigests(Buffer.alloc(BLOCK)).readBigUInt64LE(0);

/** @param digests sha256 of blocks one after the other @param count how many of them */
export function shorten(digests: Buffer, count: number): BigUint64Array {
  const short = new BigUint64Array(count);
  for (let at = 0; at < count; at += 1) {
    const digest = digests.readBigUInt64LE(at * DIGEST);
    if (digest !== ZERO) short[at] = digest;
  }
  return short;
}

function countNonZero(parts: readonly IndexPart[]): number {
  let count = 0;
  for (const { digests } of parts) for (const digest of digests) if (digest !== 0n) count += 1;
  return count;
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
  const known = tableOf(a.parts);
  let [moved, added] = [0, 0];
  for (const at of differingBlocks(a, b)) {
    const digest = digestAt(b, at);
    if (digest === 0n) continue;
    if (known.find(digest) < 0) added += 1;
    else moved += 1;
  }
  return { unchanged: b.nonZero - moved - added, moved, added };
}

/** The first place of each digest. */
export function tableOf(parts: readonly IndexPart[]): BlockTable {
  const table = createTable(parts.reduce((sum, { digests }) => sum + digests.length, 0));
  for (const { start, digests } of parts) {
    for (let at = 0; at < digests.length; at += 1) {
      const digest = digests[at] as bigint;
      if (digest !== 0n) table.add(digest, start + at);
    }
  }
  return table;
}
