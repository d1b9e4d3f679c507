import { expect, it } from 'vitest';
import { Failure } from '../../../base/failure.js';
import { locateFailure } from '../../../pipeline/plan/locate-failure.js';
import type { RecipeStep } from '../../../pipeline/recipe/recipe.js';

const at = (line: number) => ({ file: 'r/recipe.yaml', line, column: 5 });
const STEPS: readonly RecipeStep[] = [
  { name: 'base', uses: 'pacstrap', options: {}, place: at(3) },
  {
    name: 'packages',
    uses: 'packages',
    options: {},
    place: at(5),
    locate: ([, index]) => at(7 + Number(index)),
  },
];

/** The lines that a failure is shown at, and what else it tells. */
function located(kind: 'recipe' | 'network', step: string | undefined) {
  const told = [
    { what: 'No a.', path: ['install', 1] },
    { what: 'No b.' },
    { what: 'No c.', place: at(1) },
  ] as const;
  const { diagnostics, ...rest } = locateFailure(
    new Failure(kind, told, step === undefined ? {} : { step }),
    STEPS,
  ).toRecord();
  return [diagnostics.map(({ place, path }) => [place?.line, path?.length]), rest];
}

it('what a step asked for in vain stands where the recipe has it', () => {
  expect(located('recipe', 'packages')).toEqual([
    [
      [8, undefined],
      [5, undefined],
      [1, undefined],
    ],
    { kind: 'recipe', step: 'packages' },
  ]);
});

it('without options to look into it is the step', () => {
  expect(located('recipe', 'base')[0]).toEqual([
    [3, undefined],
    [3, undefined],
    [1, undefined],
  ]);
});

it.each([
  ['recipe', undefined],
  ['network', 'packages'],
] as const)('what no recipe is to blame for has no place: %s, %s', (kind, step) => {
  expect(located(kind, step)[0]).toEqual([
    [undefined, 2],
    [undefined, undefined],
    [1, undefined],
  ]);
});
