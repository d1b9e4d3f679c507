import fc from 'fast-check';
import { expect, it } from 'vitest';
import { collectParts, digestAt } from '../../../../artifacts/formats/block-index.js';
import { chooseSeeds, makePlan, type Plan } from '../../../../hosts/publish/transfer/plan.js';
import { planText } from '../../../../hosts/publish/transfer/plan-text.js';
import type { IndexedFile, ReleaseIndex } from '../../../../hosts/publish/transfer/release-index.js';

const BLOCK = 4096;
const go = () => Promise.resolve();

/** Files by name, each a list of digests. */
function index(files: Readonly<Record<string, readonly number[]>>): ReleaseIndex {
  const collected = collectParts();
  const all: IndexedFile[] = [];
  let first = 0;
  for (const [path, digests] of Object.entries(files)) {
    collected.add(first, BigUint64Array.from(digests, BigInt));
    const of = path === 'disk.img' ? 'blocks' : 'whole';
    all.push({ path, bytes: digests.length * BLOCK, first, of, sum: digests.join() });
    first += digests.length;
  }
  return { files: all, parts: collected.parts() };
}

/** What a host makes of a plan: the digests of the files' blocks, by path. */
function follow(plan: Plan, release: ReleaseIndex): Map<string, bigint[]> {
  const sent = plan.literals.flatMap(({ start, end }) =>
    Array.from({ length: end - start }, (_, at) => digestAt(release, start + at)),
  );
  const made = new Map<string, bigint[]>();
  for (const { file, link, runs } of plan.files) {
    const blocks = Array.from({ length: file.bytes / BLOCK }, () => 0n);
    made.set(file.path, blocks);
    if (link !== undefined) {
      const theirs = plan.seeds[link.seed]?.index as ReleaseIndex;
      for (const at of blocks.keys()) blocks[at] = digestAt(theirs, link.file.first + at);
    }
    for (const { origin, to, from, count } of runs) {
      for (let at = 0; at < count; at += 1) {
        if (origin.kind === 'literal') blocks[to + at] = sent.shift() as bigint;
        if (origin.kind === 'own') blocks[to + at] = made.get(origin.file.path)?.[from + at] as bigint;
        if (origin.kind !== 'seed') continue;
        expect((from + at) * BLOCK).toBeLessThan(origin.file.bytes);
        const theirs = plan.seeds[origin.seed]?.index as ReleaseIndex;
        blocks[to + at] = digestAt(theirs, origin.file.first + from + at);
      }
    }
  }
  expect(sent).toEqual([]);
  return made;
}

it('tells the host each run as distances', async () => {
  const old = index({ 'disk.img': [1, 2, 3, 0, 0, 4], kernel: [7, 8] });
  const now = index({ 'disk.img': [0, 1, 2, 3, 9, 0, 4, 9, 9], kernel: [7, 8], initrd: [9, 5] });
  const plan = makePlan(now, await chooseSeeds(now, [{ digest: 'OLD', index: old }], go));
  expect(plan.literals).toEqual([
    { start: 4, end: 5 },
    { start: 12, end: 13 },
  ]);
  expect(planText(plan, { literals: ['A', 'B'], digests: 'C' })).toBe(`c A
c B
d C
s 0 OLD disk.img
o 0 disk.img
f 36864 0 blocks 0,1,2,3,9,0,4,9,9 disk.img
1 1 3 0
0 0 1 0
1 1 1 2
2 0 1 4
2 0 1 -1
l 6 8192 9 7,8 OLD kernel
f 8192 11 whole 9,5 initrd
2 0 1 -1
0 0 1 0
`);
});

it('opens no second seed for a few blocks', async () => {
  const now = index({ 'disk.img': Array.from({ length: 1000 }, (_, at) => at + 1) });
  const has = (digest: string, from: number, count: number) => ({
    digest,
    index: index({ 'disk.img': Array.from({ length: count }, (_, at) => from + at) }),
  });
  const chosen = async (seeds: ReturnType<typeof has>[]) =>
    (await chooseSeeds(now, seeds, go)).map(({ digest }) => digest);
  expect(await chosen([has('a', 1, 400), has('b', 200, 600), has('c', 900, 100)])).toEqual(['b']);
  expect(await chosen([has('a', 1, 500), has('b', 200, 600), has('c', 5000, 100)])).toEqual(['b']);
  expect(await chosen([has('a', 1, 300), has('b', 400, 600)])).toEqual(['b', 'a']);
  expect(await chosen([has('c', 5000, 100)])).toEqual([]);
});

it('can be stopped between two releases', async () => {
  const now = index({ 'disk.img': [1, 2] });
  const seeds = ['a', 'b', 'c'].map((digest) => ({ digest, index: now }));
  let left = 2;
  const pause = () => {
    left -= 1;
    return left === 0 ? Promise.reject(new Error('stopped')) : Promise.resolve();
  };
  await expect(chooseSeeds(now, seeds, pause)).rejects.toThrow('stopped');
  expect(left).toBe(0);
});

it('sends every block when nothing is trusted', () => {
  const now = index({ 'disk.img': [1, 1, 0, 2], kernel: [1] });
  const plan = makePlan(now, [], false);
  expect(plan.literals).toEqual([
    { start: 0, end: 2 },
    { start: 3, end: 5 },
  ]);
});

it('makes any release of any others, and sends each new block once', async () => {
  const file = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 40 });
  const release = fc.record({ 'boot/a': file, 'disk.img': file, kernel: file });
  await fc.assert(
    fc.asyncProperty(release, fc.array(release, { maxLength: 3 }), async (wanted, others) => {
      const now = index(wanted);
      const seeds = others.map((each, at) => ({ digest: String(at), index: index(each) }));
      const plan = makePlan(now, await chooseSeeds(now, seeds, go));
      const made = follow(plan, now);
      for (const [path, digests] of Object.entries(wanted))
        expect(made.get(path)).toEqual(digests.map(BigInt));
      const used = new Set(
        plan.seeds.flatMap((seed) => seed.index.parts.flatMap(({ digests }) => [...digests])),
      );
      const fresh = new Set(
        now.parts.flatMap(({ digests }) => [...digests]).filter((each) => each !== 0n && !used.has(each)),
      );
      const sent = plan.literals.reduce((sum, { start, end }) => sum + end - start, 0);
      expect(sent).toBe(fresh.size);
    }),
    { seed: 1, numRuns: 300 },
  );
});
