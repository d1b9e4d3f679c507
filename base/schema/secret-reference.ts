/** A secret as recipes and sites name it: where its value is, for base/secret.ts to read. */
import { z } from 'zod';

/** @param more what a message says of it besides: `, never a password itself` */
export function secretReference(more = '') {
  return z.string().regex(/^(env|file):.+$/, `a reference, \`env:NAME\` or \`file:PATH\`${more}`);
}
