/** Real clients meet the boot files of a host beside the DHCP server of their network. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ipxeBinaries } from '../../artifacts/formats/ipxe-binaries.js';
import { type BootFile } from '../../hosts/boot-files/boot-file.js';
import { confFiles, httpFiles, tftpFiles } from '../../hosts/boot-files.js';
import type { ClientState } from '../../hosts/host/state.js';
import { ports, testFolder } from '../artifacts/formats/tools.js';
import type { ClientBoot, SeenBoot } from '../inside/client-boot.js';
import { bootClient, layDown } from '../util/client-boot.js';
import { bootInput, clientState, DIGEST, generation, HOST, OTHER_DIGEST, WEB1 } from './boot-host.js';

/** In place of a release's script: tells the server what settings it was chained with, and comes back. */
const REPORT = `#!ipxe
isset \${san-uri} && imgfetch http://10.77.0.1/san/\${platform}/\${username:uristring}/\${password:uristring}/\${initiator-iqn:uristring}/\${san-uri:uristring}/\${boot-tries} ||
isset \${client-initrd} && imgfetch http://10.77.0.1/direct/\${client-ip} ||
isset \${client-initrd} && imgfetch \${client-initrd} ||
clear san-uri
clear client-initrd
echo The release is reached
`;

interface Meeting extends Omit<ClientBoot, 'root' | 'scratch' | 'dnsmasq' | 'seconds' | 'mac'> {
  readonly clients: readonly ClientState[];
  /** Whether the host answers DHCP beside the network's server, or serves TFTP only. Default true. */
  readonly proxy?: boolean;
  /** The machine's. */
  readonly mac?: string;
  /** Changes a file before it is served. */
  readonly edit?: (file: BootFile) => BootFile;
}

const MAC = '52:54:00:00:00:01';
const ENTER = '\r';
const DOWN = '\x1b[B';

async function meet({ clients, proxy = true, mac = MAC, edit, ...boot }: Meeting): Promise<SeenBoot> {
  await using folder = await testFolder();
  const root = folder.path;
  const release = `releases/${DIGEST}/boot`;
  await mkdir(folder.at(release), { recursive: true });
  for (const name of ['sanboot.ipxe', 'direct.ipxe'])
    await writeFile(folder.at(`${release}/${name}`), REPORT);
  const input = bootInput(clients, { host: { ...HOST, root } });
  const http = httpFiles(input);
  await layDown(folder.at('states/1/http'), edit === undefined ? http : http.map(edit));
  await layDown(folder.at('tftp'), tftpFiles(input, await ipxeBinaries(ports)));
  await layDown(folder.at('conf'), confFiles(input));
  await symlink('states/1/http', folder.at('http'));
  const tftp = ['port=0', 'interface=san0', 'enable-tftp', `tftp-root=${folder.at('tftp')}`];
  await writeFile(folder.at('tftp.conf'), `${tftp.join('\n')}\n`);
  await writeFile(folder.at('undionly.ipxe'), '#!ipxe\ndhcp\nchain tftp://10.77.0.1/undionly.kpxe\n');
  // As root, dnsmasq's TFTP serves what is world-readable.
  await ports.run(['chmod', '-R', 'a+rX', root], { doing: 'make it world-readable' });
  return await bootClient({
    root,
    scratch: folder.at('scratch'),
    seconds: 100,
    dnsmasq: folder.at(proxy ? 'conf/dnsmasq.conf' : 'tftp.conf'),
    mac,
    ...boot,
    ...(boot.initrd === undefined ? {} : { initrd: folder.at(boot.initrd) }),
  });
}

const REACHED = { expect: 'The release is reached' };
const RELEASE = `/releases/${DIGEST}/boot`;

/** What is asked for until the report of a SAN boot, from whatever address. */
const sanRequests = (firmware: string, found: readonly string[] = [`${BY_MAC} 200`]) => [
  '/boot.ipxe 200',
  ...found,
  '/clients/web1/account.ipxe 200',
  `${RELEASE}/sanboot.ipxe 200`,
  `/san/${firmware}/web1/secret%20of%20web1/iqn.2026-01.org.example%3Aweb1/iscsi%3A10.77.0.1%3A%3A3260%3A1%3Aiqn.2026-01.org.example%3Asan1%3Aweb1.debian.abababababab-1/3 404`,
];
const BY_MAC = '/clients/by-mac/52-54-00-00-00-01.ipxe';

function paths({ requests }: SeenBoot): string[] {
  return requests.map((line) => line.slice(line.indexOf(' ') + 1));
}

describe('beside the DHCP server of its network', () => {
  it('a UEFI client is led to its script by its MAC address, and with its settings to the release', async () => {
    const images = [WEB1.images[0], { name: 'other', channel: 'stable', boot: 'san' }] as const;
    const seen = await meet({
      clients: [clientState({ ...WEB1, images, menuSeconds: 2 })],
      firmware: 'uefi',
      lan: {},
      steps: [
        REACHED,
        { expect: 'Next boot device', send: `${DOWN}${DOWN}${ENTER}` },
        { expect: 'Going on to the next boot device' },
        // A script that ends as a success would keep the firmware from its next boot option.
        { expect: 'BdsDxe: failed to start Boot' },
      ],
    });
    expect(paths(seen)).toEqual([...sanRequests('efi'), `${BY_MAC} 200`]);
    expect(seen.requests.every((line) => line.startsWith('10.77.0.5'))).toBe(true);
    expect(seen.dhcp.join('\n')).toMatch(/bootfile name: snponly.efi[^]*bootfile name: boot.ipxe/);
  });

  it('undionly.kpxe on a BIOS asks again until the HTTP server is up', async () => {
    const seen = await meet({
      clients: [clientState(WEB1)],
      firmware: 'bios',
      lan: {},
      kernel: '/usr/lib/ipxe/ipxe.lkrn',
      initrd: 'undionly.ipxe',
      httpLate: true,
      steps: [
        { expect: 'http://10.77.0.1 does not answer', http: true },
        REACHED,
        REACHED,
        // To end it the machine need not be switched off.
        { expect: 'Ctrl-C goes on to the next boot device', send: '\x03' },
        { expect: 'Going on to the next boot device' },
      ],
    });
    expect(paths(seen)).toEqual([...sanRequests('pcbios'), ...sanRequests('pcbios').slice(1)]);
  });

  it('a machine is known by its serial number', async () => {
    const { mac: _mac, ...facts } = WEB1;
    const serial = 'AB 12%3#x?&+"';
    const seen = await meet({
      clients: [clientState({ ...facts, serial })],
      firmware: 'bios',
      lan: {},
      machine: ['-smbios', `type=1,serial=${serial}`],
      steps: [REACHED],
    });
    expect(paths(seen)).toEqual(
      sanRequests('pcbios', [`${BY_MAC} 404`, '/clients/by-serial/AB%2012%253%23x%3F&+".ipxe 200']),
    );
  });

  it('a machine that no client is shows what it is called, asks again, and goes on', async () => {
    const uuid = '01234567-89ab-cdef-0123-456789abcdef';
    // Not a minute.
    const edit = (file: BootFile): BootFile =>
      'text' in file.content
        ? { ...file, content: { text: file.content.text.replace('} 12 ||', '} 2 ||') } }
        : file;
    const seen = await meet({
      clients: [],
      firmware: 'bios',
      lan: {},
      machine: ['-smbios', 'type=1,serial=S1', '-uuid', uuid],
      edit,
      steps: [{ expect: 'Going on to the next boot device' }, { expect: 'No more network devices' }],
    });
    const round = [
      `${BY_MAC} 404`,
      '/clients/by-serial/S1.ipxe 404',
      `/clients/by-uuid/${uuid}.ipxe 404`,
      '/unknown.ipxe 200',
    ];
    expect(paths(seen)).toEqual(['/boot.ipxe 200', ...round, ...round]);
    expect(seen.console).toEqual(
      expect.arrayContaining([
        'This machine is no client of san1.',
        'To make it one, name it in lunsmith.yaml by one of these:',
        'mac: 52:54:00:00:00:01',
        'serial: S1',
        `uuid: ${uuid}`,
        'and run: lunsmith client add NAME',
      ]),
    );
  });
});

it('a client whose secret is asked for is told when the target does not take it, and can go on', async () => {
  const form = (type: string) => ({ expect: 'Password', send: type });
  const seen = await meet({
    clients: [clientState({ ...WEB1, prompts: true })],
    firmware: 'bios',
    lan: {},
    steps: [
      form(`${ENTER}typed-secret${ENTER}`),
      { expect: 'The target refuses this user and secret, or does not answer' },
      form('\x03'),
      { expect: 'Going on to the next boot device' },
    ],
  });
  expect(paths(seen)).toEqual(['/boot.ipxe 200', `${BY_MAC} 200`]);
});

describe('a client with several images', () => {
  const facts = {
    ...WEB1,
    address: { address: '10.77.0.99', netmask: '255.255.255.0', gateway: '10.77.0.1', dns: '10.77.0.2' },
    images: [
      WEB1.images[0],
      { name: 'rescue', channel: 'stable', boot: 'direct' },
      { name: 'gone', channel: 'edge', boot: 'san' },
    ],
    menuSeconds: 3,
  } as const;
  const gone = generation('web1', 'gone', OTHER_DIGEST);
  const state = clientState(facts);
  const client = { ...state, images: { ...state.images, gone: { current: gone.id, generations: [gone] } } };
  const directRequests = [
    `${RELEASE}/direct.ipxe 200`,
    '/direct/10.77.0.99%3A%3A10.77.0.1%3A255.255.255.0%3Aweb1%3A%3Aoff%3A10.77.0.2 404',
    '/clients/web1/rescue-abababababab-1.cpio 200',
  ];
  const menu = { expect: 'gone \\(edge[^]*Next boot device' };

  it('boots the first by default, and what is chosen; comes back when a boot fails', async () => {
    const seen = await meet({
      clients: [client],
      firmware: 'bios',
      lan: {},
      steps: [
        REACHED,
        { ...menu, send: `${DOWN}${ENTER}` },
        REACHED,
        { ...menu, send: `${DOWN}${DOWN}${ENTER}` },
        { expect: 'web1 cannot boot now' },
        { ...menu, send: `${DOWN}${DOWN}${DOWN}${ENTER}` },
        { expect: 'Going on to the next boot device' },
      ],
    });
    expect(paths(seen)).toEqual([
      ...sanRequests('pcbios'),
      `${BY_MAC} 200`,
      ...directRequests,
      `${BY_MAC} 200`,
      '/clients/web1/account.ipxe 200',
      `/releases/${OTHER_DIGEST}/boot/sanboot.ipxe 404`,
      `${BY_MAC} 200`,
    ]);
    // Its own address is that of the client's script from its first line on.
    expect(seen.requests.map((line) => /^10\.77\.0\.(5|99 )/.exec(line)?.[1]).join('')).toMatch(/^55(99 )+$/);
  });

  it('by PXELINUX: menu by MAC address, an image of it, with an address of its own', async () => {
    const seen = await meet({
      clients: [{ ...client, next: 'gone' }],
      firmware: 'bios',
      lan: { bootfile: 'pxelinux.0' },
      proxy: false,
      steps: [{ expect: 'boot:', send: `image-rescue${ENTER}` }, REACHED],
    });
    expect(paths(seen)).toEqual(['/boot.ipxe 200', `${BY_MAC} 200`, ...directRequests]);
    expect(seen.dhcp.map((line) => /sent .*\/tftp\/(.*) to/.exec(line)?.[1]).filter(Boolean)).toEqual([
      'pxelinux.0',
      'ldlinux.c32',
      'pxelinux.cfg/01-52-54-00-00-00-01',
      'ipxe.lkrn',
      'clients/web1/rescue.ipxe',
    ]);
  });
});
