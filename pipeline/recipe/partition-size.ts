/** Sizes of partitions as a recipe writes them. */

import type { PartitionSize } from '../../artifacts/formats/disk-spec.js';
import type { Checked } from '../../base/schema/checked.js';
import { parseSize, SIZE_EXPECTED } from '../../base/size.js';

/** As {@link parseSize}, and the words `rest` and `grow`. */
export function parsePartitionSize(value: string | number): Checked<PartitionSize> {
  if (value === 'rest' || value === 'grow') return { value };
  const result = parseSize(value);
  if ('value' in result) return { value: { bytes: result.value } };
  return { problem: { ...result.problem, expected: `${SIZE_EXPECTED}; \`rest\` or \`grow\`` } };
}
