import type { NetworkInterfaceInfo } from 'node:os';
import { expect, it } from 'vitest';
import { findInterface } from '../../../app/site/interface.js';

const info = (address: string, netmask: string, family: 'IPv4' | 'IPv6' = 'IPv4'): NetworkInterfaceInfo =>
  ({
    address,
    netmask,
    family,
    internal: address.startsWith('127.'),
    mac: '',
    cidr: null,
  }) as NetworkInterfaceInfo;
const ONE = {
  lo: [info('127.0.0.1', '255.0.0.0')],
  eth0: [info('fe80::1', 'ffff::', 'IPv6'), info('192.0.2.77', '255.255.255.192')],
  wlan0: [info('fe80::2', 'ffff::', 'IPv6')],
};
const TWO = { ...ONE, br0: [info('198.51.100.1', '255.255.255.0')] };

it.each([
  [undefined, ONE, { name: 'eth0', address: '192.0.2.77', network: '192.0.2.64' }],
  ['eth0', TWO, { name: 'eth0', address: '192.0.2.77', network: '192.0.2.64' }],
  ['br0', TWO, { name: 'br0', address: '198.51.100.1', network: '198.51.100.0' }],
])('finds the interface %s', (name, all, found) => {
  expect(findInterface(name, all)).toEqual(found);
});

it.each([
  [undefined, TWO, 'Which network the machines are on does not follow.', '--interface one of eth0, br0'],
  [
    'wlan0',
    TWO,
    'The network interface wlan0 has no IPv4 address, or is not there.',
    '--interface one of eth0, br0',
  ],
  [
    undefined,
    { lo: ONE.lo },
    'Which network the machines are on does not follow.',
    'an interface with an IPv4 address',
  ],
])('does not guess: %s', (name, all, what, expected) => {
  expect(() => findInterface(name, all)).toThrow(
    expect.objectContaining({ kind: 'usage', diagnostics: [{ what, expected }] }) as Error,
  );
});
