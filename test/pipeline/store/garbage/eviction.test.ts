import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Candidate,
  type Choice,
  chooseGarbage,
  lastUses,
} from '../../../../pipeline/store/garbage/eviction.js';
import type { SurveyedEntry } from '../../../../pipeline/store/survey.js';

const candidate = (id: string, bytes: number, usedAt: number, needed = false, rank = 0): Candidate => ({
  id,
  bytes,
  shared: [],
  usedAt,
  rank,
  needed,
});
const idsOf = ({ remove }: Choice<Candidate>) => remove.map(({ candidate: { id } }) => id).join(' ');
const freesOf = ({ remove }: Choice<Candidate>) => remove.map(({ frees }) => frees);

describe('chooseGarbage', () => {
  const all = [candidate('new', 40, 3), candidate('old', 10, 1), candidate('mid', 30, 2)];
  it.each([
    [80, '', 80],
    [79, 'old', 70],
    [70, 'old', 70],
    [69, 'old mid', 40],
    [0, 'old mid new', 0],
  ])('of 80 bytes for %d takes %j', (budget, taken, after) => {
    const choice = chooseGarbage(all, budget);
    expect({ ...choice, remove: idsOf(choice) }).toEqual({ remove: taken, before: 80, after });
  });

  it('leaves what is needed, however old', () => {
    const choice = chooseGarbage([...all, candidate('oldest', 100, 0, true)], 0);
    expect(idsOf(choice)).toBe('old mid new');
    expect(choice.after).toBe(100);
  });

  it('takes of two that were used at once the one that stands higher, then by name', () => {
    const twins = [candidate('b', 1, 1), candidate('a', 1, 1), candidate('top', 1, 1, false, 1)];
    expect(idsOf(chooseGarbage(twins, 0))).toBe('top a b');
  });

  const kernel = { id: 'kernel', bytes: 50 };
  const sharing = (id: string, usedAt: number, needed = false) => ({
    ...candidate(id, 10, usedAt, needed),
    shared: [kernel],
  });

  it('counts what several have once, and frees it with the last of them', () => {
    const choice = chooseGarbage([sharing('a', 1), sharing('b', 2), sharing('c', 3)], 0);
    expect({ ...choice, remove: idsOf(choice) }).toEqual({ remove: 'a b c', before: 80, after: 0 });
    expect(freesOf(choice)).toEqual([10, 10, 60]);
  });

  it('goes on until the budget is reached when the first ones free little', () => {
    const all = [sharing('a', 1), sharing('b', 2), candidate('c', 10, 3)];
    const choice = chooseGarbage(all, 65);
    expect({ ...choice, remove: idsOf(choice) }).toEqual({ remove: 'a b', before: 80, after: 10 });
  });

  it.each([
    ['one that is needed', [sharing('a', 1), sharing('b', 2, true)], new Set<string>(), 60],
    ['something else', [sharing('a', 1)], new Set(['kernel']), 50],
  ])('does not free what %s has too', (_name, all, held, after) => {
    const choice = chooseGarbage(all, 0, held);
    expect({ ...choice, remove: idsOf(choice) }).toEqual({ remove: 'a', before: after + 10, after });
  });

  const files = [kernel, { id: 'initramfs', bytes: 300 }, { id: 'ipxe', bytes: 7 }];
  const some = fc.array(
    fc.record({
      id: fc.string(),
      bytes: fc.nat(1000),
      shared: fc.subarray(files),
      usedAt: fc.nat(20),
      rank: fc.nat(3),
      needed: fc.boolean(),
    }),
    { maxLength: 30 },
  );
  const held = fc.subarray(files.map(({ id }) => id)).map((ids) => new Set(ids));
  const sizeOf = (candidates: readonly Candidate[], ids: ReadonlySet<string>) => {
    const left = [...candidates, ...files.filter(({ id }) => ids.has(id) || hasOne(candidates, id))];
    return left.reduce((sum, { bytes }) => sum + bytes, 0);
  };
  it('gets within the budget or leaves the needed alone, and takes no more than it must', () => {
    fc.assert(
      fc.property(some, held, fc.nat(12_000), (candidates, ids, budget) => {
        const { remove, before, after } = chooseGarbage(candidates, budget, ids);
        const gone = remove.map(({ candidate: each }) => each);
        const left = candidates.filter((each) => !gone.includes(each));
        expect(gone.some(({ needed }) => needed)).toBe(false);
        // What is held and no candidate has was never counted.
        const counted = new Set([...ids].filter((id) => hasOne(candidates, id)));
        expect([before, after]).toEqual([sizeOf(candidates, counted), sizeOf(left, counted)]);
        expect(before - after).toBe(remove.reduce((sum, { frees }) => sum + frees, 0));
        expect(after <= budget || left.every(({ needed }) => needed)).toBe(true);
        const last = remove.at(-1);
        if (last !== undefined) expect(after + last.frees).toBeGreaterThan(budget);
        const oldestLeft = Math.min(...left.filter(({ needed }) => !needed).map(({ usedAt }) => usedAt));
        expect(gone.every(({ usedAt }) => usedAt <= oldestLeft)).toBe(true);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});

function hasOne(candidates: readonly Candidate[], file: string): boolean {
  return candidates.some(({ shared }) => shared.some(({ id }) => id === file));
}

describe('lastUses', () => {
  const entry = (key: string, usedAt: number, below?: string) =>
    ({
      record: { key, inputs: below === undefined ? {} : { below } },
      bytes: 1,
      shared: [],
      released: [],
      usedAt,
    }) as unknown as SurveyedEntry;

  it('lets a layer live as long as what stands on it', () => {
    const uses = lastUses([
      entry('top', 9, 'middle'),
      entry('base', 1),
      entry('middle', 2, 'base'),
      entry('other', 5, 'base'),
      entry('alone', 3, 'gone'),
    ]);
    expect(Object.fromEntries(uses)).toEqual({
      top: { usedAt: 9, rank: 2 },
      middle: { usedAt: 9, rank: 1 },
      base: { usedAt: 9, rank: 0 },
      other: { usedAt: 5, rank: 1 },
      alone: { usedAt: 3, rank: 0 },
    });
  });
});
