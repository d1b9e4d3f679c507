/** Where two LUN images that should be the same are not. */

import { Failure } from '../../../base/failure.js';
import type { Ports } from '../../../base/ports.js';
import { differingBlocks } from '../../formats/block-index.js';
import { SECTOR } from '../../formats/disk-layout.js';
import { BLOCK } from '../../formats/ext4-size.js';
import { isReadable } from '../../formats/file-tree/read.js';
import { readAll } from '../../formats/sparse.js';
import type { Release } from '../release.js';
import type { Partition } from '../release-file.js';
import { treeDifferences } from './bits-files.js';
import { excerpt, firstDifferentByte, type ImageDifference } from './difference.js';
import {
  type Image,
  type OpenTree,
  openImages,
  type Readable,
  readablePairs,
  readPartition,
} from './images.js';

/**
 * The files of file systems that differ, and of each other part of the disk that does the first byte. Of a file system
 * with such files nothing else is told: what is in no file mostly follows from them.
 * @throws Failure
 */
export async function compareImages(a: Release, b: Release, ports: Ports): Promise<ImageDifference[]> {
  const [left, right] = await openImages(a, b, ports);
  await using _left = left;
  await using _right = right;
  const differences: ImageDifference[] = [];
  const told = new Set<string>();
  for (const { old, now } of readablePairs(a, b)) {
    const trees = await readTrees([left, old], [right, now]);
    ports.signal.throwIfAborted();
    const found = trees === undefined ? [] : await treeDifferences(...trees);
    if (found.length > 0) told.add(old.name);
    const partition = { number: old.number, name: old.name };
    differences.push(...found.map((each) => ({ ...each, partition })));
  }
  return [...differences, ...(await partDifferences(left, right, told))];
}

type Place = readonly [Image, Readable];

/** Undefined when a file system cannot be read: its bytes are compared all the same. */
async function readTrees(left: Place, right: Place): Promise<[OpenTree, OpenTree] | undefined> {
  try {
    return [await readPartition(...left), await readPartition(...right)];
  } catch (error) {
    if (error instanceof Failure && error.kind === 'integrity') return undefined;
    throw error;
  }
}

/** A partition, or what lies before or behind one. */
interface Part {
  readonly partition?: Partition;
  readonly words: string;
}

/** @param told names of partitions of which enough is said already */
async function partDifferences(
  left: Image,
  right: Image,
  told: ReadonlySet<string>,
): Promise<ImageDifference[]> {
  const { partitions } = left.release.manifest.disk;
  const blocks = new Map<string, { readonly first: number; readonly part: Part; count: number }>();
  for (const block of differingBlocks(left.index, right.index)) {
    const part = partAt(partitions, (block * BLOCK) / SECTOR);
    if (part.partition !== undefined && told.has(part.partition.name)) continue;
    const key = part.partition?.name ?? part.words;
    const before = blocks.get(key);
    if (before === undefined) blocks.set(key, { first: block, part, count: 1 });
    else before.count += 1;
  }
  const found: ImageDifference[] = [];
  for (const { first, part, count } of blocks.values()) {
    const [one, other] = [await readBlock(left, first), await readBlock(right, first)];
    const at = firstDifferentByte(one, other) ?? 0;
    found.push({
      offset: first * BLOCK + at,
      ...(part.partition && { partition: { number: part.partition.number, name: part.partition.name } }),
      part: part.words,
      expected: excerpt(one, at),
      found: excerpt(other, at),
      blocks: count,
    });
  }
  return found;
}

function partAt(partitions: readonly Partition[], sector: number): Part {
  const sorted = [...partitions].sort((a, b) => a.firstLba - b.firstLba);
  const partition = sorted.find(({ firstLba, sectors }) => firstLba <= sector && sector < firstLba + sectors);
  if (partition !== undefined) {
    const { filesystem } = partition;
    return {
      partition,
      words: isReadable(filesystem) ? `${filesystem} outside of its files` : (filesystem ?? ''),
    };
  }
  const next = sorted.find(({ firstLba }) => firstLba > sector);
  if (next === undefined) return { words: 'what lies behind the last partition' };
  const table = next === sorted[0] ? 'partition table or boot code, ' : '';
  return { words: `${table}before partition ${next.number} (${next.name})` };
}

async function readBlock({ file }: Image, block: number): Promise<Buffer> {
  const bytes = Buffer.alloc(BLOCK);
  await readAll(file, bytes, block * BLOCK);
  return bytes;
}
