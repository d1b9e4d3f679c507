import { expect, it } from 'vitest';
import { allRows, coveringArray, without } from './covering.js';

const FACTORS = {
  a: ['1', '2', '3'],
  b: ['1', '2'],
  c: ['1', '2', '3', '4'],
  d: ['1', '2', '3'],
  e: ['1', '2'],
} as const;
const ROWS = allRows(FACTORS);
type FactorRow = (typeof ROWS)[number];

/** Written down from the factors, not from the rows. */
function everyPair(): Set<string> {
  const values = Object.entries(FACTORS).map(([factor, each]) => each.map((value) => `${factor}${value}`));
  const pairs = values.flatMap((ones, index) =>
    values.slice(index + 1).flatMap((others) => ones.flatMap((one) => others.map((other) => one + other))),
  );
  return new Set(pairs);
}

function pairsOf(row: FactorRow): string[] {
  const values = Object.entries(row).map(([factor, value]) => factor + value);
  return values.flatMap((one, index) => values.slice(index + 1).map((other) => one + other));
}

const choice = { core: [], pairs: pairsOf, seed: '' };

it('makes every row', () => {
  expect(ROWS).toHaveLength(3 * 2 * 4 * 3 * 2);
  expect(new Set(ROWS.map((row) => Object.values(row).join(''))).size).toBe(ROWS.length);
});

it('covers every pair with few rows, whatever the seed', () => {
  for (const seed of Array.from({ length: 50 }, (_, index) => `${index}`)) {
    const chosen = coveringArray(ROWS, { ...choice, seed });
    expect(new Set(chosen.flatMap(pairsOf))).toEqual(everyPair());
    // As many as the two largest factors have pairs must be; a ninth of all is far from none.
    expect(chosen.length).toBeGreaterThanOrEqual(4 * 3);
    expect(chosen.length).toBeLessThanOrEqual(16);
  }
});

it('chooses the same for the same seed, and others for others', () => {
  const chosen = (seed: string) => coveringArray(ROWS, { ...choice, seed });
  expect(chosen('one')).toEqual(chosen('one'));
  expect(chosen('one')).not.toEqual(chosen('two'));
});

it('begins with the core, and counts what it shows', () => {
  const core = coveringArray(ROWS, choice);
  expect(coveringArray(ROWS, { ...choice, core, seed: 'other' })).toEqual(core);
  const half = core.slice(0, 5);
  const whole = coveringArray(ROWS, { ...choice, core: half, seed: 'other' });
  expect(whole.slice(0, 5)).toEqual(half);
  expect(without(whole, half)).toHaveLength(whole.length - 5);
  expect(new Set(whole.flatMap(pairsOf))).toEqual(everyPair());
});
