/** Which block of a new release comes from where: pure, from the indexes of both sides. */
import { blocksOf, digestAt, type IndexPart, tableOf } from '../../../artifacts/formats/block-index.js';
import { type BlockTable, createTable } from '../../../artifacts/formats/block-table.js';
import type { IndexedFile, ReleaseIndex } from './release-index.js';

/** A release on the host whose blocks may be used. */
export interface Seed {
  readonly digest: string;
  readonly index: ReleaseIndex;
}

export type Origin =
  /** The next blocks of what is sent. */
  | { readonly kind: 'literal' }
  /** A file of a seed, by its place among the seeds. */
  | { readonly kind: 'seed'; readonly seed: number; readonly file: IndexedFile }
  /** What was written before, of a file of the new release. */
  | { readonly kind: 'own'; readonly file: IndexedFile };

/** Blocks of a file that come from one place. */
export interface Run {
  readonly origin: Origin;
  /** First block in the new file. */
  readonly to: number;
  /** First block in the file that it comes from; 0 of literals. */
  readonly from: number;
  readonly count: number;
}

export interface FilePlan {
  readonly file: IndexedFile;
  /** The seed that has the very same file. */
  readonly link?: { readonly seed: number; readonly file: IndexedFile };
  /** In order of `to`, without what is zeros; empty of a link. */
  readonly runs: readonly Run[];
}

export interface Plan {
  readonly seeds: readonly Seed[];
  readonly files: readonly FilePlan[];
  /** Blocks of the new release that are sent, as ranges in order. */
  readonly literals: readonly { readonly start: number; readonly end: number }[];
}

/** A release of the host that can be a seed. */
export interface Candidate extends Seed {
  readonly table: BlockTable;
}

/**
 * Chooses the releases from which a new one is best made: that which has most of its blocks, then that which has most of the
 * rest, as long as one saves enough to be worth opening.
 * @param pause is called between two releases, each of which takes up to a second: to be stopped there, rejects
 */
export async function chooseSeeds(
  { parts }: ReleaseIndex,
  seeds: readonly Seed[],
  pause: () => Promise<void>,
): Promise<Candidate[]> {
  const mostSeeds = 4;
  const leastBlocks = 256;
  const candidates: Candidate[] = [];
  for (const seed of seeds) {
    candidates.push({ ...seed, table: tableOf(seed.index.parts) });
    await pause();
  }
  const chosen: Candidate[] = [];
  let wanted: bigint[] = [];
  for (const { digests } of parts) for (const digest of digests) if (digest !== 0n) wanted.push(digest);
  while (chosen.length < mostSeeds) {
    let best: Candidate | undefined;
    let most = chosen.length === 0 ? 0 : leastBlocks - 1;
    for (const candidate of candidates) {
      if (chosen.includes(candidate)) continue;
      const shared = wanted.reduce((sum, digest) => sum + (candidate.table.find(digest) < 0 ? 0 : 1), 0);
      if (shared > most) [best, most] = [candidate, shared];
      await pause();
    }
    if (best === undefined) break;
    const { table } = best;
    chosen.push(best);
    wanted = wanted.filter((digest) => table.find(digest) < 0);
  }
  return chosen;
}

/**
 * @param seeds the better ones first
 * @param trust whether blocks with the same short digest are taken for the same; else all of it is sent, each block
 */
export function makePlan(index: ReleaseIndex, seeds: readonly Candidate[], trust = true): Plan {
  const own = createTable(index.parts.reduce((sum, { start, end }) => sum + end - start, 0));
  const literals: { start: number; end: number }[] = [];
  const files: FilePlan[] = [];

  const find = (digest: bigint): Found | undefined => {
    for (const [number, seed] of seeds.entries()) {
      const block = seed.table.find(digest);
      if (block >= 0) return { number, index: seed.index, block };
    }
    const block = own.find(digest);
    return block < 0 ? undefined : { number: -1, index, block };
  };
  const plan = (file: IndexedFile): FilePlan => {
    const link = sameFile(file, seeds);
    if (link !== undefined) return { file, link, runs: [] };
    const runs: Open[] = [];
    for (const [block, digest] of blocksIn(file, index.parts)) {
      const last = runs.at(-1);
      if (last !== undefined && last.to + last.count === block && continues(last, digest)) {
        last.count += 1;
        continue;
      }
      const found = trust ? find(digest) : undefined;
      if (found !== undefined) {
        const of = fileAt(found.index, found.block);
        const end = of.first + blocksOf(of.bytes);
        runs.push({
          number: found.number,
          index: found.index,
          of,
          to: block,
          from: found.block,
          end,
          count: 1,
        });
        continue;
      }
      own.add(digest, block);
      const range = literals.at(-1);
      if (range?.end === block) range.end += 1;
      else literals.push({ start: block, end: block + 1 });
      if (last?.index === undefined && last !== undefined && last.to + last.count === block) last.count += 1;
      else runs.push({ to: block, from: 0, end: 0, count: 1 });
    }
    return { file, runs: runs.map((run) => closed(run, file)) };
  };
  for (const file of index.files) files.push(plan(file));
  return { seeds, files, literals };
}

interface Found {
  /** Of the seed; -1 of the new release itself. */
  readonly number: number;
  readonly index: ReleaseIndex;
  readonly block: number;
}

/** A run whose blocks are counted in the release; literals have no index. */
interface Open {
  readonly number?: number;
  readonly index?: ReleaseIndex;
  readonly of?: IndexedFile;
  readonly to: number;
  readonly from: number;
  /** Block at which the file ends that it comes from. */
  readonly end: number;
  count: number;
}

/** Whether the block that follows in the source is the one that follows here. No run reads what it writes itself. */
function continues({ index, number, from, to, count, end }: Open, digest: bigint): boolean {
  const next = from + count;
  if (index === undefined || next >= end || (number === -1 && next >= to)) return false;
  return digestAt(index, next) === digest;
}

function closed({ number, of, to, from, count }: Open, file: IndexedFile): Run {
  const place = { to: to - file.first, count };
  if (of === undefined || number === undefined) return { ...place, origin: { kind: 'literal' }, from: 0 };
  const origin =
    number < 0 ? ({ kind: 'own', file: of } as const) : ({ kind: 'seed', seed: number, file: of } as const);
  return { ...place, origin, from: from - of.first };
}

function sameFile(file: IndexedFile, seeds: readonly Seed[]): FilePlan['link'] {
  if (file.of !== 'whole') return undefined;
  for (const [seed, { index }] of seeds.entries()) {
    const same = index.files.find(
      ({ path, of, sum, bytes }) =>
        path === file.path && of === 'whole' && sum === file.sum && bytes === file.bytes,
    );
    if (same !== undefined) return { seed, file: same };
  }
  return undefined;
}

function fileAt({ files }: ReleaseIndex, block: number): IndexedFile {
  const found = files.findLast(({ first, bytes }) => first <= block && bytes > 0);
  if (found === undefined) throw new RangeError(`There is no block ${block}.`);
  return found;
}

/** The blocks of a file that are not zeros, in order. */
function* blocksIn(
  { first, bytes }: IndexedFile,
  parts: readonly IndexPart[],
): Generator<readonly [block: number, digest: bigint]> {
  const end = first + blocksOf(bytes);
  for (const part of parts) {
    if (part.end <= first) continue;
    if (part.start >= end) return;
    for (let at = Math.max(first, part.start); at < Math.min(end, part.end); at += 1) {
      const digest = part.digests[at - part.start] as bigint;
      if (digest !== 0n) yield [at, digest];
    }
  }
}
