import { expect, it } from 'vitest';
import { machineOf } from '../../../hosts/serve/machines.js';

it('takes a machine that asks for its script for a client of its own', () => {
  expect(machineOf('/clients/by-mac/52-54-00-aa-00-21.ipxe')).toEqual({
    name: 'machine-525400aa0021',
    host: 'this machine',
    mac: '52:54:00:aa:00:21',
    initiator: 'iqn.2026-01.net.lunsmith:serve:client.machine-525400aa0021',
    account: 'machine-525400aa0021',
    secret: 'made:random',
    images: [{ name: 'main', channel: 'trial', boot: 'san' }],
    menuSeconds: 0,
    follows: 'promote',
  });
});

it.each([
  '/boot.ipxe',
  '/clients/by-serial/52-54-00-aa-00-21.ipxe',
  '/clients/by-mac/52-54-00-aa-00.ipxe',
  '/clients/by-mac/52-54-00-AA-00-21.ipxe',
  '/clients/by-mac/52-54-00-aa-00-21.ipxe/x',
])('takes no request for %s for that of a machine', (path) => {
  expect(machineOf(path)).toBeUndefined();
});
