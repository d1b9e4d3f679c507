/** What real DHCP servers with our configurations answer to each kind of boot ROM. */
import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Argv } from '../../../base/ports.js';
import { dnsmasqConfig, dnsmasqProxyConfig } from '../../../hosts/dhcp/dnsmasq.js';
import { dhcpdConfig } from '../../../hosts/dhcp/isc.js';
import { enterSandbox } from '../../../pipeline/sandbox/enter.js';
import { testFolder } from '../../artifacts/formats/tools.js';
import type { DhcpInside } from '../../inside/dhcp.js';
import type { Answer, BootRom } from '../../inside/dhcp-ask.js';

const URL = 'http://10.77.0.1/snponly.efi';
const BOOT = { bios: 'undionly.kpxe', uefi: 'snponly.efi', ipxe: 'boot.ipxe', http: URL };
const mac = '52:54:00:00:00:01';
const CLIENTS: readonly BootRom[] = [
  { name: 'BIOS', mac, architecture: 0 },
  { name: 'UEFI', mac, architecture: 7 },
  { name: 'UEFI of old', mac, architecture: 9 },
  { name: 'iPXE on BIOS', mac, architecture: 0, userClass: 'iPXE', ipxe: true },
  { name: 'iPXE on UEFI', mac, architecture: 7, userClass: 'iPXE', ipxe: true },
  { name: 'UEFI by HTTP', mac, architecture: 16, http: true },
  // There is no iPXE of ours for a 32-bit UEFI, and for ARM.
  ...[6, 11].map((architecture) => ({ name: `architecture ${architecture}`, mac, architecture })),
  { name: 'gPXE', mac, architecture: 0, userClass: 'gPXE', ipxe: true },
];

async function answers(
  text: (folder: string) => string,
  server: (folder: string) => Argv,
  { proxy = false, clients = CLIENTS }: { proxy?: boolean; clients?: readonly BootRom[] } = {},
): Promise<Answer[]> {
  await using folder = await testFolder();
  await writeFile(folder.at('dhcp.conf'), text(folder.path));
  await writeFile(folder.at('leases'), '');
  const ask = { server: '10.77.0.1', proxy, clients };
  const payload: DhcpInside = { server: server(folder.path), ask };
  const job = { module: 'test/inside/dhcp.js', payload, network: 'own' } as const;
  return (await enterSandbox(job, () => undefined, new AbortController().signal)) as Answer[];
}

const dnsmasq = (folder: string): Argv => [
  'dnsmasq',
  ...['-k', '--log-facility=-', '-C', `${folder}/dhcp.conf`],
  ...['--pid-file', '--user=root', '--group=root', `--dhcp-leasefile=${folder}/leases`],
];
const dhcpd = (folder: string): Argv => [
  'dhcpd',
  ...['-4', '-f', '-d', '-cf', `${folder}/dhcp.conf`],
  ...['-lf', `${folder}/leases`, '--no-pid', 'san0'],
];
const files = (all: readonly Answer[]) => Object.fromEntries(all.map(({ name, file }) => [name, file]));
const FILES = {
  BIOS: 'undionly.kpxe',
  UEFI: 'snponly.efi',
  'UEFI of old': 'snponly.efi',
  'iPXE on BIOS': 'boot.ipxe',
  'iPXE on UEFI': 'boot.ipxe',
  'architecture 6': '',
  'architecture 11': '',
  'UEFI by HTTP': URL,
  // It takes no iPXE script.
  gPXE: 'undionly.kpxe',
};

it('dnsmasq as the only server: a file for each, and the address that is reserved', async () => {
  const all = await answers(
    (folder) =>
      dnsmasqConfig({
        interface: 'san0',
        range: { first: '10.77.0.50', last: '10.77.0.60', netmask: '255.255.255.0', leaseSeconds: 600 },
        network: { router: undefined, dns: [] },
        hosts: [{ mac, address: '10.77.0.99', name: 'web1' }],
        boot: BOOT,
        tftpRoot: folder,
      }),
    dnsmasq,
  );
  expect(files(all)).toEqual(FILES);
  for (const { address, next, options } of all) {
    expect([address, next]).toEqual(['10.77.0.99', '10.77.0.1']);
    // Neither a router nor a DNS server that it was not told of.
    expect(options.filter((code) => code === 3 || code === 6)).toEqual([]);
  }
});

it('dnsmasq as a proxy: a file for each, and neither address nor router', async () => {
  const all = await answers(
    (folder) => dnsmasqProxyConfig({ interface: 'san0', network: '10.77.0.0', boot: BOOT, tftpRoot: folder }),
    dnsmasq,
    // It gives a machine that boots by HTTP no answer at all.
    { proxy: true, clients: CLIENTS.filter(({ http }) => http !== true) },
  );
  const { 'UEFI by HTTP': _, ...pxe } = FILES;
  expect(files(all)).toEqual(pxe);
  for (const { options } of all) expect(options.filter((code) => [1, 3, 6, 51].includes(code))).toEqual([]);
});

it('dhcpd: a file for each, and the address that is reserved', async () => {
  const all = await answers(
    () =>
      dhcpdConfig({
        subnet: '10.77.0.0',
        netmask: '255.255.255.0',
        dns: ['10.77.0.2'],
        hosts: [{ name: 'web1', mac, address: '10.77.0.99' }],
        boot: BOOT,
        nextServer: '10.77.0.1',
      }),
    dhcpd,
  );
  expect(files(all)).toEqual(FILES);
  for (const { address, next, file } of all)
    expect([address, next]).toEqual(['10.77.0.99', file === '' || file === URL ? '0.0.0.0' : '10.77.0.1']);
});

/** Each has a meaning of its own in the configuration of one of the servers. */
const NAMES = ['ignore', 'infinite', '42', '10m', '1w', '0x1f', '10ab', 'group', 'host', 'if', 'net'];
const named = NAMES.map((name, index) => ({
  ...{ name, mac: `52:54:00:00:01:${String(index).padStart(2, '0')}`, architecture: 0 },
  address: `10.77.0.${100 + index}`,
}));

it.each<[string, (folder: string) => string, (folder: string) => Argv]>([
  [
    'dnsmasq',
    (folder) =>
      dnsmasqConfig({
        interface: 'san0',
        range: { first: '10.77.0.50', last: '10.77.0.60', netmask: '255.255.255.0', leaseSeconds: 600 },
        network: { router: undefined, dns: [] },
        hosts: named,
        boot: BOOT,
        tftpRoot: folder,
      }),
    dnsmasq,
  ],
  [
    'dhcpd',
    () =>
      dhcpdConfig({
        subnet: '10.77.0.0',
        netmask: '255.255.255.0',
        dns: [],
        hosts: named,
        boot: BOOT,
        nextServer: '10.77.0.1',
      }),
    dhcpd,
  ],
])('%s takes a name for a name, whatever it is', async (_, text, server) => {
  const all = await answers(text, server, { clients: named });
  expect(all.map(({ address, host }) => [address, host])).toEqual(
    named.map(({ address, name }) => [address, name]),
  );
});
