import { expect, it } from 'vitest';
import { swapHeader } from '../../../artifacts/formats/swap.js';
import { failureOf } from './tools.js';

const UUID = '33333333-4444-4555-8666-777777777777';

it.each([
  [4096 * 9, 'swap', '36864 bytes'],
  [2 ** 44 + 8192, 'swap', '16777216 MiB'],
])('refuses an area of %d bytes', (bytes, _, found) => {
  expect(failureOf(() => swapHeader(bytes, UUID)).diagnostics).toEqual([
    {
      what: 'The swap partition has a size that no swap area can have.',
      expected: '40960 bytes to 16 TiB',
      found,
    },
  ]);
});
