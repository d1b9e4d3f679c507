/** How packages are written in any distribution; what else is wrong with one, each distribution says itself. */
import { z } from 'zod';

export const packageName = z.string().regex(/^[A-Za-z0-9@_][A-Za-z0-9@._+-]*$/, 'the name of a package');

/** A name, with an architecture, a version or a suite where the distribution has that. */
export const packageRequest = z
  .string()
  .regex(/^[A-Za-z0-9@_][A-Za-z0-9@._+-]*([:=/]\S+)?$/, 'the name of a package, with a version if need be');
