import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressText,
  contains,
  isReserved,
  netmaskText,
  networkOf,
  networkText,
  parseAddress,
  parseNetmask,
} from '../../../hosts/site/ipv4.js';

const address = fc.nat(0xffffffff);
const bits = fc.nat(32);

describe('addresses', () => {
  it('are read as they are written', () => {
    fc.assert(
      fc.property(address, (number) => parseAddress(addressText(number)) === number),
      { seed: 1, numRuns: 500 },
    );
  });
  it.each(['', '1.2.3', '1.2.3.4.5', '256.0.0.1', '01.2.3.4', '1.2.3.4 ', '1.2.3.-4', '0x1.2.3.4', '1..2.3'])(
    'are not read from %j',
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );
});

describe('netmasks', () => {
  it('are read as they are written', () => {
    for (let count = 0; count <= 32; count++) {
      expect(parseNetmask(netmaskText({ first: 0, bits: count }))).toBe(count);
    }
  });
  it.each(['255.0.255.0', '0.0.0.1', '255.255.255', '24', '255.255.255.253'])(
    'are not read from %j',
    (text) => {
      expect(parseNetmask(text)).toBeUndefined();
    },
  );
});

describe('networks', () => {
  it('hold those of as many equal leading bits', () => {
    fc.assert(
      fc.property(address, address, bits, (one, other, count) => {
        const leading = (number: number) => number.toString(2).padStart(32, '0').slice(0, count);
        expect(contains(networkOf(one, count), other)).toBe(leading(one) === leading(other));
      }),
      { seed: 1, numRuns: 500 },
    );
  });
  it.each([
    ['192.0.2.77', 24, '192.0.2.0/24', ['192.0.2.0', '192.0.2.255']],
    ['255.255.255.255', 25, '255.255.255.128/25', ['255.255.255.128', '255.255.255.255']],
    ['10.1.2.3', 8, '10.0.0.0/8', ['10.0.0.0', '10.255.255.255']],
    ['10.1.2.3', 0, '0.0.0.0/0', ['0.0.0.0', '255.255.255.255']],
  ])('of %s with %i bits', (text, count, shown, reserved) => {
    const network = networkOf(parseAddress(text) ?? 0, count);
    expect(networkText(network)).toBe(shown);
    for (const edge of reserved) expect(isReserved(network, parseAddress(edge) ?? 0)).toBe(true);
    expect(isReserved(network, network.first + 1)).toBe(false);
  });
  it('of two addresses and of one give all of them to machines', () => {
    expect(isReserved({ first: 0, bits: 31 }, 0)).toBe(false);
    expect(isReserved({ first: 0, bits: 32 }, 0)).toBe(false);
  });
});
