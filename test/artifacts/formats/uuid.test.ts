import { expect, it } from 'vitest';
import { uuidBytes } from '../../../artifacts/formats/uuid.js';
import { failureOf } from './tools.js';

it('gives the bytes in the order of the text', () => {
  expect(uuidBytes('00112233-4455-6677-8899-AABBCCDDEEFF').toString('hex')).toBe(
    '00112233445566778899aabbccddeeff',
  );
});

it('refuses anything else', () => {
  expect(failureOf(() => uuidBytes('1234-ABCD')).diagnostics).toEqual([
    {
      what: 'A UUID is malformed.',
      expected: 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx in hex digits',
      found: '"1234-ABCD"',
    },
  ]);
});
