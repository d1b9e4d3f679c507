/** Values that are checked in words of their own, which the schema then tells at its place. */
import { z } from 'zod';
import type { Diagnostic } from '../failure.js';

export interface Refused {
  readonly problem: Omit<Diagnostic, 'place'>;
  /** The line on which it stands may hold a secret, and is not repeated. Default false. */
  readonly secret?: true;
}

export type Checked<T> = { readonly value: T } | Refused;

/** A schema of values that `check` reads. @param input what they are before, which is all that an editor can tell of them */
export function checked<Input, T>(input: z.ZodType<Input>, check: (value: Input) => Checked<T>) {
  return input.transform((value, context) => {
    const result = check(value);
    if ('value' in result) return result.value;
    context.addIssue({
      code: 'custom',
      message: result.problem.what,
      params: { diagnostic: result.problem, secret: result.secret === true },
    });
    return z.NEVER;
  });
}

/**
 * A schema of text that `check` reads.
 * @param pattern what an editor can tell of it, as a regular expression; `check` may refuse more and nothing less
 */
export function checkedText<T>(check: (text: string) => Checked<T>, pattern?: string) {
  return checked(pattern === undefined ? z.string() : z.string().meta({ pattern }), check);
}
