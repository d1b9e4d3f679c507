/** What is not right in a recipe, and keeps it from nothing. */
import type { Emit } from '../base/event.js';
import type { Diagnostic } from '../base/failure.js';
import type { Plan } from '../pipeline/plan/plan.js';

export function warnOf({ recipe }: Plan, { what, place, expected, hint }: Diagnostic, emit: Emit): void {
  const toDo = hint ?? (expected === undefined ? undefined : `Expected ${expected}.`);
  emit({
    type: 'warning',
    message: `${place === undefined ? recipe.name : `${place.file}:${place.line}:${place.column}`}: ${what}`,
    ...(toDo === undefined ? {} : { hint: toDo }),
  });
}
