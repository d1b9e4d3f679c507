/** Servers that serve others too, before and after they have read the file that is made for them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Argv } from '../../../base/ports.js';
import { confFiles } from '../../../hosts/boot-files.js';
import type { DhcpKind } from '../../../hosts/site/facts.js';
import { enterSandbox } from '../../../pipeline/sandbox/enter.js';
import { type TestFolder, testFolder } from '../../artifacts/formats/tools.js';
import type { BootRom } from '../../inside/dhcp-ask.js';
import type { BesideInside, Round } from '../../inside/dhcp-beside.js';
import { bootInput, clientState, DB1, HOST, textOf } from '../boot-host.js';

const mac = (last: number) => `52:54:00:00:09:0${last}`;
/** Of a class of programs that there is none of ours for: 32-bit UEFI and ARM. */
const FOREIGN: readonly BootRom[] = [6, 11].map((architecture) => ({
  name: `architecture ${architecture}`,
  mac: mac(5),
  architecture,
}));
const CLIENTS: readonly BootRom[] = [
  { name: 'BIOS', mac: mac(1), architecture: 0 },
  { name: 'UEFI', mac: mac(2), architecture: 7 },
  { name: 'iPXE', mac: mac(3), architecture: 7, userClass: 'iPXE', ipxe: true },
  { name: 'HTTP', mac: mac(6), architecture: 16, http: true },
  { name: 'no PXE', mac: mac(4), architecture: 0, plain: true },
  ...FOREIGN,
];
const PXE = { BIOS: 'undionly.kpxe', UEFI: 'snponly.efi', iPXE: 'boot.ipxe' };
const OURS = {
  ...PXE,
  HTTP: `${HOST.http.url}/snponly.efi`,
};
const NAMES = ['printer.example.org', 'mail.example.org'];

/** The files that our host has for its DHCP server. */
function ours(dhcp: DhcpKind, root: string) {
  return confFiles(bootInput([clientState(DB1)], { host: { ...HOST, root, dhcp } }));
}

async function compare(payload: BesideInside): Promise<readonly [before: Round, after: Round]> {
  const job = { module: 'test/inside/dhcp-beside.js', payload, network: 'own' } as const;
  const seen = (await enterSandbox(job, () => undefined, new AbortController().signal)) as Round[];
  return [seen[0] as Round, seen[1] as Round];
}

const files = ({ ours: { answers } }: Round) =>
  Object.fromEntries(answers.map(({ name, file }) => [name, file]));

/** DNS for all, DHCP in both networks, and a PXE service of its own in the other one, with TFTP. */
const SITE_DNSMASQ = (folder: string) => `
host-record=printer.example.org,10.78.0.77
address=/mail.example.org/10.78.0.78
interface=ours0,other0
bind-interfaces
dhcp-leasefile=${folder}/leases
dhcp-range=10.77.0.50,10.77.0.90,600
dhcp-range=10.78.0.50,10.78.0.90,600
no-ping
dhcp-match=set:bios,option:client-arch,0
dhcp-boot=tag:other0,tag:bios,theirs.0
dhcp-boot=tag:other0,tag:!bios,theirs.efi
enable-tftp
tftp-root=${folder}/theirs
`;
const dnsmasq = (folder: string, file = 'site.conf'): Argv => [
  'dnsmasq',
  ...['-k', '--log-facility=-', '-C', `${folder}/${file}`],
  ...['--pid-file', '--user=root', '--group=root', '--no-resolv', '--no-hosts'],
];

it('a dnsmasq that includes ours: our network boots, the other one and DNS are as before', async () => {
  await using folder = await testFolder();
  await tftpFolders(folder);
  const include = textOf(
    ours({ kind: 'dnsmasq', interface: 'ours0', range: RANGE }, folder.path),
    'dnsmasq.include',
  );
  const site = SITE_DNSMASQ(folder.path);
  const [before, after] = await compare({
    rounds: [
      { [folder.at('site.conf')]: site, [folder.at('leases')]: '' },
      {
        [folder.at('site.conf')]: `${site}conf-file=${folder.at('ours.include')}\n`,
        [folder.at('ours.include')]: include,
        [folder.at('leases')]: '',
      },
    ],
    server: dnsmasq(folder.path),
    clients: [...CLIENTS, { name: 'db1', mac: DB1.mac ?? '', architecture: 0 }],
    names: NAMES,
  });
  expect(after.other).toEqual(before.other);
  expect(before.other.tftp).toBe('theirs');
  expect(after.ours.names).toEqual(before.ours.names);
  expect(before.ours.names.join()).toMatch(/10\.78\.0\.77[^]*10\.78\.0\.78/);
  expect(files(before)['BIOS']).toBe('');
  expect(files(after)).toEqual({ ...files(before), ...OURS, db1: 'undionly.kpxe' });
  expect(after.ours.answers.find(({ name }) => name === 'db1')?.address).toBe('10.77.0.99');
  expect(after.ours.tftp).toBe('ours');
  // Who boots nothing is told what it was.
  expect(packets(after, 'no PXE')).toEqual(packets(before, 'no PXE'));
});

it('a proxy of our own beside a dnsmasq: our network boots, the other one and DNS are as before', async () => {
  await using folder = await testFolder();
  await tftpFolders(folder);
  const own = ours({ kind: 'dnsmasq-proxy', interface: 'ours0', network: '10.77.0.0' }, folder.path);
  expect(own.map(({ path }) => path)).toEqual(['dnsmasq.conf']);
  const served = {
    [folder.at('site.conf')]: SITE_DNSMASQ(folder.path)
      .replace(/^dhcp-range=10\.77.*\n/m, '')
      .replace(/^enable-tftp$/m, 'enable-tftp=other0'),
    [folder.at('own.conf')]: textOf(own, 'dnsmasq.conf'),
    [folder.at('leases')]: '',
  };
  const [before, after] = await compare({
    rounds: [served, served],
    server: dnsmasq(folder.path),
    proxy: dnsmasq(folder.path, 'own.conf'),
    // Who boots by HTTP gets no answer from a proxy.
    clients: CLIENTS.filter(({ name }) => name in PXE),
    names: NAMES,
  });
  expect(after.other).toEqual(before.other);
  expect(after.ours.names).toEqual(before.ours.names);
  expect(files(after)).toEqual(PXE);
  expect(after.ours.tftp).toBe('ours');
});

const SITE_DHCPD = (include: string) => `
option arch code 93 = unsigned integer 16;
ping-check off;
next-server 10.78.0.5;
subnet 10.77.0.0 netmask 255.255.255.0 {
  range 10.77.0.50 10.77.0.90;
  ${include}
}
subnet 10.78.0.0 netmask 255.255.255.0 {
  range 10.78.0.50 10.78.0.90;
  if option arch = 00:07 { filename "theirs.efi"; } else { filename "theirs.0"; }
}
`;

it('a dhcpd that includes ours in its subnet: our network boots, the other one is as before', async () => {
  await using folder = await testFolder();
  const dhcp = { kind: 'isc-dhcpd', subnet: '10.77.0.0', netmask: '255.255.255.0' } as const;
  const include = textOf(ours(dhcp, folder.path), 'dhcpd.include');
  const [before, after] = await compare({
    rounds: [
      { [folder.at('site.conf')]: SITE_DHCPD(''), [folder.at('leases')]: '' },
      {
        [folder.at('site.conf')]: SITE_DHCPD(`include "${folder.at('ours.include')}";`),
        [folder.at('ours.include')]: include,
        [folder.at('leases')]: '',
      },
    ],
    server: [
      'dhcpd',
      ...['-4', '-f', '-d', '-cf', folder.at('site.conf')],
      ...['-lf', folder.at('leases'), '--no-pid', 'ours0', 'other0'],
    ],
    clients: CLIENTS,
  });
  expect(after.other).toEqual(before.other);
  expect(files(after)).toEqual({ ...files(before), ...OURS });
  for (const name of ['no PXE', ...FOREIGN.map((rom) => rom.name)])
    expect(packets(after, name)).toEqual(packets(before, name));
});

const RANGE = { first: '10.77.0.50', last: '10.77.0.60', netmask: '255.255.255.0', leaseSeconds: 600 };

const packets = ({ ours: { answers } }: Round, client: string) =>
  answers.filter(({ name }) => name === client).map(({ packet }) => packet);

async function tftpFolders(folder: TestFolder): Promise<void> {
  for (const [name, text] of [
    ['theirs', 'theirs'],
    ['tftp', 'ours'],
  ] as const) {
    await mkdir(folder.at(name));
    await writeFile(folder.at(`${name}/boot`), `${text}\n`);
  }
}
