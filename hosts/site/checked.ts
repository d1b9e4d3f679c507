/** Text that is checked in words of its own, which the schema then tells at its place. */
import { z } from 'zod';
import type { Diagnostic } from '../../base/failure.js';

export interface Refused {
  readonly problem: Omit<Diagnostic, 'place'>;
}

export type Checked<T> = { readonly value: T } | Refused;

/**
 * A schema of text that `check` reads.
 * @param pattern what an editor can tell of it, as a regular expression; `check` may refuse more and nothing less
 */
export function checkedText<T>(check: (text: string) => Checked<T>, pattern?: string) {
  const text = pattern === undefined ? z.string() : z.string().meta({ pattern });
  return text.transform((value, context) => {
    const result = check(value);
    if ('value' in result) return result.value;
    context.addIssue({
      code: 'custom',
      message: result.problem.what,
      params: { diagnostic: result.problem },
    });
    return z.NEVER;
  });
}
