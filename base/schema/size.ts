/** Sizes in what users write. */
import { z } from 'zod';
import { parseSize } from '../size.js';

/** A size as written, in bytes once parsed. */
export const sizeSchema = z
  .union([z.string(), z.int()], 'a size such as `512M`')
  .transform((value, context) => {
    const result = parseSize(value);
    if ('bytes' in result) return result.bytes;
    context.addIssue({
      code: 'custom',
      message: result.problem.what,
      params: { diagnostic: result.problem },
    });
    return z.NEVER;
  });
