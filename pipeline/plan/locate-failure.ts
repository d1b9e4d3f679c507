/** Where in a recipe stands what the work of a step failed at. */
import { type Diagnostic, Failure } from '../../base/failure.js';
import type { RecipeStep } from '../recipe/recipe.js';

/** The failure with a place for all that the recipe has to be changed for: the option that a diagnostic names, else the step. */
export function locateFailure(failure: Failure, steps: readonly RecipeStep[]): Failure {
  const step = steps.find(({ name }) => name === failure.step);
  if (failure.kind !== 'recipe' || step === undefined) return failure;
  const locate = ({ path, ...diagnostic }: Diagnostic): Diagnostic => ({
    ...diagnostic,
    place: diagnostic.place ?? (path === undefined ? step.place : (step.locate?.(path) ?? step.place)),
  });
  const [first, ...rest] = failure.diagnostics;
  return new Failure(failure.kind, [locate(first), ...rest.map(locate)], {
    cause: failure,
    ...(failure.step === undefined ? {} : { step: failure.step }),
    ...(failure.command === undefined ? {} : { command: failure.command }),
    ...(failure.log === undefined ? {} : { log: failure.log }),
  });
}
