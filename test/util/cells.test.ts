import { expect, it } from 'vitest';
import { ALL_CELLS, CORE, chooseCells, chooseLoaders, LOADER_CELLS, pairsOf } from './cells.js';

/** As commits are: any texts. */
const SEEDS = Array.from({ length: 60 }, (_, index) => `commit ${index}`);

it('shows in every run that any two values work together', () => {
  const all = new Set(ALL_CELLS.filter(({ recipe }) => recipe !== 'arch').flatMap(pairsOf));
  // recipe x firmware, recipe x path, firmware x path, and each of the seven values with either secret.
  expect(all.size).toBe(3 * 2 + 3 * 2 + 2 * 2 + 7 * 2);
  for (const seed of SEEDS) {
    const chosen = chooseCells(seed);
    expect(chosen.slice(0, CORE.length)).toEqual(CORE);
    expect(new Set(chosen.flatMap(pairsOf))).toEqual(new Set([...all, ...arch(seed).flatMap(pairsOf)]));
    expect(chosen.filter(({ secret }) => secret === 'right').length).toBeLessThanOrEqual(9);
    expect(chosen.filter(({ secret }) => secret === 'wrong').length).toBeLessThanOrEqual(5);
  }
});

it('boots Arch once in every run, and has it refused once', () => {
  for (const seed of SEEDS) expect(arch(seed).map(({ secret }) => secret)).toEqual(['right', 'wrong']);
});

it('comes round to every boot within several commits', () => {
  for (const cell of ALL_CELLS.filter(({ secret }) => secret === 'right')) {
    const runs = SEEDS.filter((seed) => chooseCells(seed).some((chosen) => equal(chosen, cell)));
    expect(runs.length / SEEDS.length, JSON.stringify(cell)).toBeGreaterThan(1 / 8);
  }
});

it('boots one loader besides GRUB in every run, and comes round to each', () => {
  const seen = SEEDS.flatMap((seed) => chooseLoaders(seed).map(({ loader }) => loader));
  expect(seen).toHaveLength(SEEDS.length);
  for (const { loader } of LOADER_CELLS)
    expect(seen.filter((each) => each === loader).length / SEEDS.length, loader).toBeGreaterThan(1 / 8);
});

it('is all of them when asked', () => {
  expect(chooseCells('all')).toEqual(ALL_CELLS);
  expect(chooseLoaders('all')).toEqual(LOADER_CELLS);
  expect(ALL_CELLS).toHaveLength(4 * 2 * 2 * 2);
});

const arch = (seed: string) => chooseCells(seed).filter(({ recipe }) => recipe === 'arch');

function equal(one: object, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
