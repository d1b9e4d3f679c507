import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, chooseGarbage, lastUses } from '../../../pipeline/store/garbage-choice.js';
import type { SurveyedEntry } from '../../../pipeline/store/survey.js';

const candidate = (id: string, bytes: number, usedAt: number, needed = false, rank = 0): Candidate => ({
  id,
  bytes,
  usedAt,
  rank,
  needed,
});
const ids = (candidates: readonly Candidate[]) => candidates.map(({ id }) => id).join(' ');

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
    expect({ ...choice, remove: ids(choice.remove) }).toEqual({ remove: taken, before: 80, after });
  });

  it('leaves what is needed, however old', () => {
    const choice = chooseGarbage([...all, candidate('oldest', 100, 0, true)], 0);
    expect(ids(choice.remove)).toBe('old mid new');
    expect(choice.after).toBe(100);
  });

  it('takes of two that were used at once the one that stands higher, then by name', () => {
    const twins = [candidate('b', 1, 1), candidate('a', 1, 1), candidate('top', 1, 1, false, 1)];
    expect(ids(chooseGarbage(twins, 0).remove)).toBe('top a b');
  });

  const some = fc.array(
    fc.record({
      id: fc.string(),
      bytes: fc.nat(1000),
      usedAt: fc.nat(20),
      rank: fc.nat(3),
      needed: fc.boolean(),
    }),
    { maxLength: 30 },
  );
  it('gets within the budget or leaves the needed alone, and takes no more than it must', () => {
    fc.assert(
      fc.property(some, fc.nat(12_000), (candidates, budget) => {
        const { remove, before, after } = chooseGarbage(candidates, budget);
        const left = candidates.filter((each) => !remove.includes(each));
        expect(remove.some(({ needed }) => needed)).toBe(false);
        expect(after).toBe(left.reduce((sum, { bytes }) => sum + bytes, 0));
        expect(after <= budget || left.every(({ needed }) => needed)).toBe(true);
        const last = remove.at(-1);
        if (last !== undefined) expect(after + last.bytes).toBeGreaterThan(budget);
        else expect(after).toBe(before);
        const oldestLeft = Math.min(...left.filter(({ needed }) => !needed).map(({ usedAt }) => usedAt));
        expect(remove.every(({ usedAt }) => usedAt <= oldestLeft)).toBe(true);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});

describe('lastUses', () => {
  const entry = (key: string, usedAt: number, below?: string) =>
    ({
      record: { key, inputs: below === undefined ? {} : { below } },
      bytes: 1,
      shared: 0,
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
