/** What is said of a recipe's hook that failed. */
import { Failure } from '../../base/failure.js';
import type { HookEvent } from '../recipe/hook-events.js';
import type { Recipe } from '../recipe/recipe.js';

/** @param error what came of running it */
export function hookFailure(error: unknown, recipe: Recipe, event: HookEvent): Failure {
  const failure = Failure.from(error);
  if (failure.kind !== 'tool') return failure;
  return new Failure(
    'tool',
    {
      what: `The hook \`${event}\` of ${recipe.name} failed.`,
      ...(failure.diagnostics[0].found === undefined ? {} : { found: failure.diagnostics[0].found }),
      hint: `It is \`${recipe.hooks[event]}\` in ${recipe.folder}/package.json.`,
    },
    { cause: failure, ...(failure.command === undefined ? {} : { command: failure.command }) },
  );
}
