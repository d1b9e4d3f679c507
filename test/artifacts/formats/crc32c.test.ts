import { expect, it } from 'vitest';
import { crc32c } from '../../../artifacts/formats/crc32c.js';

it('gives the check value of the CRC catalogue', () => {
  // CRC-32/ISCSI: check 0xe3069283, which includes the final inversion.
  expect((crc32c(0xffffffff, Buffer.from('123456789')) ^ 0xffffffff) >>> 0).toBe(0xe3069283);
});

it('can be continued', () => {
  const whole = crc32c(0xffffffff, Buffer.from('123456789'));
  expect(crc32c(crc32c(0xffffffff, Buffer.from('1234')), Buffer.from('56789'))).toBe(whole);
});
