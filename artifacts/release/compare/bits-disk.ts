/** Where two LUN images that should be the same are not. */

import { Failure } from '../../../base/failure.js';
import type { Ports } from '../../../base/ports.js';
import { differingBlocks } from '../../formats/block-index.js';
import { SECTOR } from '../../formats/disk-layout.js';
import { compareTrees } from '../../formats/ext4-read/compare.js';
import { mapRegions } from '../../formats/ext4-read/regions.js';
import { BLOCK } from '../../formats/ext4-size.js';
import { readAll } from '../../formats/sparse.js';
import type { Release } from '../release.js';
import { type BlockPair, explainBlock, type Finding, type MapPair } from './bits-blocks.js';
import { tablePart } from './bits-table.js';
import { placed, type TreePair, treeDifferences } from './bits-tree.js';
import { excerpt, firstDifferentByte, type ImageDifference } from './difference.js';
import { ext4Pairs, type Image, openImages, type Partition, readPartition } from './images.js';

/** A file system whose blocks can be explained. */
interface Explained {
  readonly partition: Partition;
  readonly maps: MapPair;
}

/**
 * Files of the file systems first, then what else differs, in the image's order. What only follows from other differences
 * (free counts, checksums, places) is left out when there are others in the same partition.
 * @throws Failure
 */
export async function compareImages(a: Release, b: Release, ports: Ports): Promise<ImageDifference[]> {
  const [left, right] = await openImages(a, b, ports);
  await using _left = left;
  await using _right = right;
  const differences: ImageDifference[] = [];
  const explained: Explained[] = [];
  const spoiled = new Set<string>();
  for (const { old, now } of ext4Pairs(a, b)) {
    const pair = await readPair(left, old, right, now);
    if (pair === undefined || old.firstLba !== now.firstLba) continue;
    const changes = compareTrees(pair.a, pair.b);
    const found = await treeDifferences(pair, changes);
    if (found.length > 0) spoiled.add(old.name);
    differences.push(...found);
    const inodeSize = pair.a.tree.superblock.inodeSize;
    const known = new Set(changes.changed.map(({ path }) => path));
    const maps = { a: mapRegions(pair.a.tree), b: mapRegions(pair.b.tree), inodeSize, known };
    explained.push({ partition: old, maps });
  }
  const others = await blockDifferences(left, right, explained, ports.signal);
  for (const { partition, derived } of others) if (!derived && partition) spoiled.add(partition.name);
  const causes = others.filter(
    ({ partition, derived }) => !derived || !partition || !spoiled.has(partition.name),
  );
  return [...differences, ...causes.map(({ derived: _derived, ...difference }) => difference)];
}

/** Undefined when a file system cannot be read: its bytes are compared all the same. */
async function readPair(
  left: Image,
  old: Partition,
  right: Image,
  now: Partition,
): Promise<TreePair | undefined> {
  try {
    const a = { ...left, ...(await readPartition(left, old)) };
    const b = { ...right, ...(await readPartition(right, now)) };
    return { partition: old, a, b };
  } catch (error) {
    if (error instanceof Failure && error.kind === 'integrity') return undefined;
    throw error;
  }
}

type Found = ImageDifference & { readonly derived: boolean };

async function blockDifferences(
  left: Image,
  right: Image,
  explained: readonly Explained[],
  signal: AbortSignal,
): Promise<Found[]> {
  const { disk } = left.release.manifest;
  const found = new Map<string, Found & { count: number; last: number; others: Set<string> }>();
  for (const block of differingBlocks(left.index, right.index)) {
    signal.throwIfAborted();
    const start = block * BLOCK;
    const partition = partitionAt(disk.partitions, start);
    const known = explained.find((each) => each.partition === partition);
    const load = async () => ({ a: await readBlock(left, block), b: await readBlock(right, block) });
    for (const finding of await findings(disk, partition, known, block, load)) {
      const key = `${partition?.name ?? ''}/${finding.key}`;
      const before = found.get(key);
      if (before === undefined) {
        const { at, key: _key, ...rest } = finding;
        const place = partition === undefined ? { offset: start + at } : placed(partition, start + at);
        found.set(key, { ...place, ...rest, count: 1, last: block, others: new Set() });
        continue;
      }
      if (before.last !== block) before.count += 1;
      before.last = block;
      if (finding.path !== undefined && finding.path !== before.path) before.others.add(finding.path);
    }
  }
  return [...found.values()].map(({ count, last: _last, others, part = '', ...rest }) => ({
    ...rest,
    ...(part === '' ? {} : { part: others.size === 0 ? part : `${part} and of ${others.size} more` }),
    blocks: count,
  }));
}

function partitionAt(partitions: readonly Partition[], at: number): Partition | undefined {
  const sector = at / SECTOR;
  return partitions.find(({ firstLba, sectors }) => firstLba <= sector && sector < firstLba + sectors);
}

async function readBlock({ file }: Image, block: number): Promise<Buffer> {
  const bytes = Buffer.alloc(BLOCK);
  await readAll(file, bytes, block * BLOCK);
  return bytes;
}

async function findings(
  disk: Release['manifest']['disk'],
  partition: Partition | undefined,
  known: Explained | undefined,
  block: number,
  load: () => Promise<BlockPair>,
): Promise<readonly Finding[]> {
  if (partition === undefined) return tableFindings(disk, block, await load());
  if (known !== undefined) {
    return explainBlock(known.maps, block - (partition.firstLba * SECTOR) / BLOCK, load);
  }
  const { a, b } = await load();
  const at = firstDifferentByte(a, b) ?? 0;
  const values = { expected: excerpt(a, at), found: excerpt(b, at) };
  return [{ key: 'bytes', at, part: partition.filesystem ?? '', derived: false, ...values }];
}

/** Outside partitions the parts are smaller than a block. */
function tableFindings(disk: Release['manifest']['disk'], block: number, { a, b }: BlockPair): Finding[] {
  const found: Finding[] = [];
  for (let at = 0; at < BLOCK; at += 1) {
    if (a[at] === b[at]) continue;
    const part = tablePart(disk, block * BLOCK + at);
    if (found.some((each) => each.part === part)) continue;
    found.push({ key: part, at, part, derived: false, expected: excerpt(a, at), found: excerpt(b, at) });
  }
  return found;
}
