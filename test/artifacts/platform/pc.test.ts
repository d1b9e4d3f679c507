import { expect, it } from 'vitest';
import { PC } from '../../../artifacts/platform/pc.js';
import { cellName, cellsOf } from '../../../artifacts/platform/platform.js';
import { allCells } from '../../../artifacts/platform/platforms.js';
import { cellSchema } from '../../../artifacts/release/proof.js';
import { dnsmasqConfig } from '../../../hosts/dhcp/dnsmasq.js';
import { hostSchema } from '../../../hosts/site/host-schema.js';

it('has these cells, in this order, in every list of them', () => {
  const names = cellsOf(PC.matrix).map(cellName);
  expect(names).toEqual([
    'bios-san',
    'uefi-san',
    'bios-direct',
    'uefi-direct',
    'bios-san-wrong-secret',
    'bios-direct-wrong-secret',
  ]);
  expect(allCells().map((cell) => cellSchema.parse(cell))).toEqual(allCells());
  expect(hostSchema.parse({ address: '192.0.2.1', gate: names }).gate).toEqual(names);
});

it('shows a wrong secret with the one firmware that is asked for', () => {
  expect(cellsOf({ firmware: ['uefi'], methods: ['san'] }).map(cellName)).toEqual([
    'uefi-san',
    'uefi-san-wrong-secret',
  ]);
});

it('tells the DHCP server each code once', () => {
  const text = dnsmasqConfig({
    interface: 'eth0',
    range: { first: '192.0.2.2', last: '192.0.2.9', netmask: '255.255.255.0', leaseSeconds: 3600 },
    network: { router: undefined, dns: [] },
    boot: { bios: 'a', uefi: 'b', ipxe: 'c' },
    tftpRoot: '/tftp',
  });
  expect(text.match(/client-arch,\d+/g)).toEqual(['client-arch,0', 'client-arch,7', 'client-arch,9']);
});
