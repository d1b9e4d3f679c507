/** Sizes of partitions as a recipe writes them. */

import type { PartitionSize } from '../../artifacts/formats/disk-spec.js';
import type { Diagnostic } from '../../base/failure.js';
import { parseSize, SIZE_EXPECTED } from '../../base/size.js';

/** As {@link parseSize}, and the words `rest` and `grow`. */
export function parsePartitionSize(
  value: string | number,
): { readonly size: PartitionSize } | { readonly problem: Omit<Diagnostic, 'place'> } {
  if (value === 'rest' || value === 'grow') return { size: value };
  const result = parseSize(value);
  if ('bytes' in result) return { size: result };
  return { problem: { ...result.problem, expected: `${SIZE_EXPECTED}; \`rest\` or \`grow\`` } };
}
