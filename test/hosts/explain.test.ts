/** What `explain` tells of a client is what its target host is made to serve: files, requests, settings and words on the screen. */
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { directScript, sanbootScript } from '../../artifacts/formats/ipxe.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import { offeredLuns } from '../../hosts/apply/offered.js';
import { type BootFile, type BootFilesInput } from '../../hosts/boot-files/boot-file.js';
import { confFiles, httpFiles, tftpFiles } from '../../hosts/boot-files.js';
import type { Link } from '../../hosts/explain/link.js';
import { explainClient } from '../../hosts/explain.js';
import { hostLayout } from '../../hosts/host/layout.js';
import { lunsOf } from '../../hosts/host/state.js';
import type { ClientFacts, HostFacts } from '../../hosts/site/facts.js';
import { portalsOf } from '../../hosts/site/portal.js';
import { adapterOf } from '../../hosts/target/adapters.js';
import { bootInput, clientState, DIGEST, HOST, MANIFEST, PC7, WEB1 } from './boot-host.js';

const RANGE = { first: '10.77.0.100', last: '10.77.0.199' };
const DHCP: readonly HostFacts['dhcp'][] = [
  { kind: 'dnsmasq-proxy', interface: 'eth0', network: '10.77.0.0' },
  { kind: 'dnsmasq', interface: 'eth0', range: { ...RANGE, netmask: '255.255.255.0', leaseSeconds: 3600 } },
  { kind: 'isc-dhcpd', subnet: '10.77.0.0', netmask: '255.255.255.0', range: RANGE },
  { kind: 'none' },
];
const TWO: ClientFacts['images'] = [
  { name: 'debian', channel: 'stable', boot: 'direct' },
  { name: 'next', channel: 'stable', boot: 'san' },
];
const CLIENTS: readonly ClientFacts[] = [
  WEB1,
  { ...WEB1, images: [{ name: 'debian', channel: 'stable', boot: 'direct' }] },
  { ...WEB1, images: TWO, address: { address: '10.77.0.21', netmask: '255.255.255.0', dns: '10.77.0.3' } },
  {
    ...WEB1,
    images: TWO,
    serial: 'CZC1234567',
    uuid: '4c4c4544-0042-3510-8052-b4c04f4a3132',
    menuSeconds: 0,
  },
  PC7,
  { ...WEB1, prompts: true },
];
const TARGETS = ['tgt', 'lio', 'iet'] as const;

const CASES = DHCP.flatMap((dhcp) =>
  TARGETS.flatMap((kind) =>
    CLIENTS.flatMap((client) =>
      client.images.map((image) => ({
        title: `${dhcp.kind}, ${kind}, ${client.images.length} images, ${image.boot}`,
        ...{ host: { ...HOST, dhcp, target: { ...HOST.target, kind } }, client, image },
      })),
    ),
  ),
);

const MULTIPATH: Manifest = { ...MANIFEST, multipath: true };
/** With two portals: those of a system that knows one path, and of one that makes one disk of them. */
const PORTALS = [MANIFEST, MULTIPATH].flatMap((manifest) =>
  CLIENTS.flatMap((client) =>
    client.images.map((image) => ({
      title: `two portals, ${client.images.length} images, ${image.boot}, ${manifest.multipath === true ? 'multipath' : 'one path'}`,
      ...{ host: { ...HOST, target: { ...HOST.target, portals: ['10.77.0.1', '10.79.0.1'] } } },
      ...{ client, image, manifest },
    })),
  ),
);

const VLAN: Manifest = { ...MANIFEST, vlan: 5 };
/** With the target in a VLAN, which the initramfs alone reaches. */
const IN_VLAN = CLIENTS.flatMap((client) =>
  client.images
    .filter(({ boot }) => boot === 'direct')
    .map((image) => ({
      title: `VLAN, ${client.name}`,
      ...{ host: { ...HOST, target: { ...HOST.target, portals: ['10.79.0.1'] } } },
      ...{ client, image, manifest: VLAN },
    })),
);

interface Served {
  /** Absolute paths on the host. */
  readonly files: ReadonlySet<string>;
  /** Links with what lies beneath them. */
  readonly below: readonly string[];
  /** By path below `http/`. */
  readonly http: ReadonlyMap<string, string>;
  readonly conf: string;
  /** All scripts of the host and of the release. */
  readonly scripts: string;
}

function textOf({ content }: BootFile): string {
  return 'text' in content ? content.text : 'bytes' in content ? Buffer.from(content.bytes).toString() : '';
}

function served(input: BootFilesInput): Served {
  const { host, state, secrets } = input;
  const layout = hostLayout(host);
  const [http, tftp, conf] = [httpFiles(input), tftpFiles(input), confFiles(input)];
  const numbered = (index: number) => ({ serial: index.toString().padStart(16, '0') });
  const offered = offeredLuns(host, state, secrets).map((lun, index) => ({
    ...lun,
    ...numbered(2 * index),
    ...(lun.beside === undefined ? {} : { beside: { ...lun.beside, ...numbered(2 * index + 1) } }),
  }));
  const target = adapterOf(host.target.kind).render(offered, portalsOf(host));
  const paths = [
    ...http.map(({ path }) => posix.join(layout.http, path)),
    ...tftp.map(({ path }) => posix.join(layout.tftp, path)),
    ...['undionly.kpxe', 'snponly.efi', 'ipxe.lkrn'].map((name) => posix.join(layout.tftp, name)),
    ...conf.map(({ path }) => posix.join(layout.conf, path)),
    ...target.map((file) => posix.join(layout.conf, file.name)),
    ...Object.keys(state.clients).map(layout.secret),
    ...Object.values(state.clients).flatMap(({ images }) =>
      Object.values(images).flatMap(({ generations }) => generations.flatMap(lunsOf).map(({ disk }) => disk)),
    ),
  ];
  const isRelease = (path: string) => path.startsWith('releases/');
  return {
    files: new Set(paths),
    below: http.flatMap(({ path }) => (isRelease(path) ? [posix.join(layout.root, path), path] : [])),
    http: new Map(http.map((file) => [file.path, textOf(file)])),
    conf: conf.map(textOf).join('\n'),
    scripts:
      [...http, ...tftp].map(textOf).join('\n') +
      sanbootScript('EFI/BOOT/BOOTX64.EFI') +
      directScript(['ro'], { kernel: 'kernel', initramfs: 'initramfs' }),
  };
}

const isBelow = (path: string, folders: readonly string[]) =>
  folders.some((folder) => path === folder || path.startsWith(`${folder}/`));

const settingsOf = (links: readonly Link[], name: Link['name']) =>
  links.find((link) => link.name === name)?.settings ?? [];

describe.each([...CASES.map((each) => ({ ...each, manifest: MANIFEST })), ...PORTALS, ...IN_VLAN])(
  '$title',
  ({ host, client, image, manifest }) => {
    const adapter = adapterOf(host.target.kind);
    const state = clientState(client);
    const secrets = new Map([[client.name, { user: client.account, secret: 'canary-7-aa12' }]]);
    const manifests = new Map([[DIGEST, manifest]]);
    const input = bootInput([state], { host, lun: adapter.lun, secrets, manifests });
    const there = served(input);
    const generation = state.images[image.name]?.generations[0];
    const links = explainClient({ host, client, image, lun: adapter.lun, generation, manifest });
    const own = [...there.http].filter(([path]) => path.startsWith(`clients/${client.name}/`));

    it('names files that are there', () => {
      const named = links.flatMap(({ files }) => files).filter((path) => path.startsWith(`${host.root}/`));
      expect(named.filter((path) => !there.files.has(path) && !isBelow(path, there.below))).toEqual([]);
      expect(named.length).toBeGreaterThan(8);
    });

    it('names menus of PXELINUX that are there', () => {
      const says = links.flatMap((link) => link.says).join(' ');
      const menus = [...says.matchAll(/\/\S+\/pxelinux\.cfg\/[^\s,]+/g)].map(([path]) => path);
      expect(menus.filter((path) => !there.files.has(path))).toEqual([]);
      expect(menus.length).toBe(client.address === undefined ? 2 : 3);
    });

    it('names requests that are answered', () => {
      const asked = links.flatMap(({ packets }) =>
        packets.flatMap((packet) => /GET \/(\S+)$/.exec(packet)?.[1] ?? []),
      );
      expect(asked.filter((path) => !there.http.has(path) && !isBelow(path, there.below))).toEqual([]);
      expect(asked).toContain(`clients/${client.name}/boot.ipxe`);
    });

    it('tells the settings that are made, and the portal, target and names that are offered', () => {
      const made = own.map(([, text]) => text).join('\n');
      const lines = settingsOf(links, 'settings').map(({ name, value }) =>
        value === undefined ? `set ${name} ` : `set ${name} ${value}`,
      );
      expect(lines.filter((line) => !made.includes(line))).toEqual([]);
      if (host.dhcp.kind !== 'none') {
        const told = [...settingsOf(links, 'power-on'), ...settingsOf(links, 'ipxe')];
        // dnsmasq names itself as the server by its own address.
        const values = told.filter(({ name }) => name !== 'next-server' || host.dhcp.kind === 'isc-dhcpd');
        expect(values.filter(({ value = '' }) => !there.conf.includes(value))).toEqual([]);
      }
    });

    it('tells words that the screen shows', () => {
      const shown = links.flatMap(({ stops }) => stops.map(({ shows }) => shows));
      const ours = shown.filter((words) =>
        /does not answer|client|giving up|Going on|cannot boot/.test(words),
      );
      const unknown = ours.filter(
        (words) =>
          !there.scripts.includes(words) && !words.startsWith(`The client ${client.name} has no image`),
      );
      expect(unknown).toEqual([]);
      expect(ours.length).toBeGreaterThan(4);
    });
  },
);

it('a client whose channel has no release shows the words that are told', () => {
  const words = 'The client web1 has no image yet';
  const files = httpFiles(bootInput([{ facts: WEB1, images: {} }]));
  expect(files.filter(({ path }) => path === 'clients/web1/boot.ipxe').map(textOf)[0]).toContain(words);
  const links = explainClient({ host: HOST, client: WEB1, image: WEB1.images[0], lun: 1 });
  expect(links.flatMap(({ stops }) => stops.map(({ shows }) => shows))).toContain(words);
});

it('tells of the VLAN in which the initramfs asks for an address, and of the switch where nobody answers', () => {
  const found = IN_VLAN.find(({ client }) => client.address !== undefined);
  if (found === undefined) throw new Error('no client has an address');
  const { host, client, image } = found;
  const login = (manifest: Manifest) =>
    explainClient({ host, client, image, lun: 1, manifest }).find(({ name }) => name === 'initramfs-login');
  const words = login(VLAN)?.says.join(' ');
  expect(words).toContain('It makes the VLAN 5 of the card, `CARD.5`');
  expect(words).toContain('It asks DHCP for its address once');
  expect(words).not.toContain(`It takes the address ${client.address?.address}`);
  expect(JSON.stringify(login(VLAN)?.stops)).toContain('does not carry VLAN 5 with its tag');
  expect(JSON.stringify(login(MANIFEST))).not.toContain('VLAN');
});

describe('of a Raspberry Pi', () => {
  const client: ClientFacts = {
    ...WEB1,
    serial: '0000000012345678',
    images: [{ name: 'main', channel: 'stable', boot: 'tftp' }],
  };
  it.each(DHCP)('beside %j it is told without iPXE, and with where it looks', (dhcp) => {
    const links = explainClient({ host: { ...HOST, dhcp }, lun: 1, client, image: client.images[0] });
    expect(links.map(({ name }) => name)).toEqual([
      'power-on',
      'tftp',
      'kernel',
      'initramfs-login',
      'root-mount',
      'login',
    ]);
    const text = JSON.stringify(links);
    expect(text).not.toMatch(/iPXE|HTTP/);
    expect(text).toContain('12345678/');
    expect(text).toContain('BOOT_ORDER');
  });
});
