/** Whole chains, as they are printed; the texts lie in the folder beside this file. */
import { describe, expect, it } from 'vitest';
import { SYMPTOM_WORDS } from '../../artifacts/release/symptoms.js';
import { explainLines } from '../../cli/render/explain.js';
import { plainStyle } from '../../cli/render/style.js';
import { cloneDisk } from '../../hosts/clients/clone.js';
import { type ExplainedClient, explainClient } from '../../hosts/explain.js';
import type { HostFacts } from '../../hosts/site/facts.js';
import { adapterOf } from '../../hosts/target/adapters.js';
import { clientFacts, hostFacts, smallRelease } from '../util/hosts.js';
import { withoutLinux } from '../util/manifest.js';

const { digest, manifest } = smallRelease('v1');
const partition = { firstLba: 0, sectors: 1, guid: '0', grow: false };
const MANIFEST: ExplainedClient['manifest'] = {
  ...manifest,
  kernel: { version: '6.1.0-9-amd64', commandLine: 'root=UUID=0b7a7a52-0000-4000-8000-000000000001 ro' },
  disk: {
    ...manifest.disk,
    partitions: [
      { ...partition, number: 1, name: 'bios', type: '21686148-6449-6E6F-744E-656564454649' },
      {
        ...partition,
        number: 2,
        name: 'esp',
        type: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
        mount: '/boot/efi',
      },
      {
        ...{
          ...partition,
          number: 3,
          name: 'root',
          type: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
          mount: '/',
        },
        ...{ filesystem: 'ext4', filesystemUuid: '0b7a7a52-0000-4000-8000-000000000001' },
      },
    ],
  },
};

const RANGE = { first: '192.0.2.100', last: '192.0.2.199' };
const DHCP = {
  proxy: { kind: 'dnsmasq-proxy', interface: 'eth0', network: '192.0.2.0' },
  full: {
    kind: 'dnsmasq',
    interface: 'eth0',
    range: { ...RANGE, netmask: '255.255.255.0', leaseSeconds: 3600 },
  },
  isc: { kind: 'isc-dhcpd', subnet: '192.0.2.0', netmask: '255.255.255.0', range: RANGE },
  none: { kind: 'none' },
} satisfies Record<string, HostFacts['dhcp']>;

interface Case {
  readonly dhcp: keyof typeof DHCP;
  readonly target: HostFacts['target']['kind'];
  readonly boot: 'san' | 'direct';
  readonly client?: Parameters<typeof clientFacts>[1];
  readonly next?: string;
  readonly added: boolean;
}

const STATIC = { address: '192.0.2.21', netmask: '255.255.255.0', gateway: '192.0.2.254' };
const TWO = {
  images: [
    { name: 'debian', channel: 'stable', boot: 'direct' },
    { name: 'next', channel: 'edge', boot: 'san' },
  ],
} as const;
const CASES: Readonly<Record<string, Case>> = {
  'proxy-tgt-san': { dhcp: 'proxy', target: 'tgt', boot: 'san', added: true },
  'full-lio-san-static': {
    dhcp: 'full',
    target: 'lio',
    boot: 'san',
    client: { address: STATIC },
    added: true,
  },
  'isc-lio-direct-static': {
    dhcp: 'isc',
    target: 'lio',
    boot: 'direct',
    client: { address: STATIC, ...TWO },
    added: true,
  },
  'none-tgt-direct': {
    dhcp: 'none',
    target: 'tgt',
    boot: 'direct',
    client: TWO,
    next: 'debian',
    added: true,
  },
  'proxy-iet-san-not-added': {
    ...{ dhcp: 'proxy', target: 'iet', boot: 'san', added: false },
    client: { serial: 'CZC1234567', uuid: '4c4c4544-0042-3510-8052-b4c04f4a3132' },
  },
};

function chain(
  { dhcp, target, boot, client: changed = {}, next, added }: Case,
  manifest: ExplainedClient['manifest'] = MANIFEST,
) {
  const host = hostFacts('/srv/lunsmith', {
    dhcp: DHCP[dhcp],
    target: { kind: target, prefix: 'iqn.2026-01.org.example:san1', port: 3260 },
  });
  const image = { name: 'debian', channel: 'stable', boot };
  const client = clientFacts(1, { images: [image], ...changed });
  const id = `${digest.slice(0, 12)}-2`;
  const generation = {
    ...{ id, release: digest, target: `${host.target.prefix}:web1.debian.${id}`, serial: '0123456789abcdef' },
    ...{ disk: cloneDisk(host, { client: 'web1', image: 'debian', generation: id }), bytes: 2 ** 20 },
    made: '2026-01-02T03:04:05Z',
  };
  return explainClient({
    ...{ host, client, image, next, lun: adapterOf(target).lun },
    ...(added ? { generation, manifest } : {}),
  });
}

describe.each(Object.entries(CASES))('%s', (name, each) => {
  const links = chain(each);

  it('is told whole', async () => {
    const words = {
      client: 'web1',
      host: 'san1',
      image: 'debian',
      from: 'state 2 of /srv/lunsmith',
      notes: ['A note.'],
    };
    const text = `${explainLines({ ...words, links }, plainStyle).join('\n')}\n`;
    await expect(text).toMatchFileSnapshot(`explain/${name}.txt`);
  });

  it('names no secret', () => {
    expect(links.flatMap(({ settings }) => settings).filter(({ value }) => value === undefined)).toEqual(
      each.boot === 'san' ? [{ name: 'password' }, { name: 'CHAP secret' }] : [],
    );
    expect(JSON.stringify(links)).not.toContain('SECRET1');
  });
});

it('has the links of its way to boot, in their order', () => {
  const names = (name: string) => chain(CASES[name] as Case).map((link) => link.name);
  const first = ['power-on', 'tftp', 'ipxe', 'client', 'settings'];
  const last = ['kernel', 'initramfs-login', 'root-mount', 'login'];
  expect(names('proxy-tgt-san')).toEqual([...first, 'san-login', 'boot-loader', ...last]);
  expect(names('none-tgt-direct')).toEqual([...first, ...last]);
});

it('writes the LUN in hexadecimal for iPXE, in decimal for the system', () => {
  const host = hostFacts('/srv/lunsmith');
  const client = clientFacts(1);
  const settings = explainClient({ host, client, image: client.images[0], lun: 26 }).flatMap(
    (link) => link.settings,
  );
  const target = 'iqn.2026-01.org.example:san1:web1.debian.GENERATION';
  expect(settings).toContainEqual({ name: 'san-uri', value: `iscsi:192.0.2.1::3260:1a:${target}` });
  expect(settings).toContainEqual({
    name: 'disk',
    value: `/dev/disk/by-path/ip-192.0.2.1:3260-iscsi-${target}-lun-26`,
  });
});

it('tells of every symptom that a proof knows', () => {
  const causes = ['proxy-tgt-san', 'none-tgt-direct'].flatMap((name) =>
    chain(CASES[name] as Case).flatMap(({ stops }) => stops.flatMap((stop) => stop.causes)),
  );
  const untold = Object.values(SYMPTOM_WORDS).filter(
    (words) => !causes.some((cause) => cause.startsWith(words)),
  );
  expect(untold).toEqual([]);
});

it('tells of a system with a boot loader of its own no more than is known', () => {
  const bare = MANIFEST && { ...withoutLinux(MANIFEST), loader: { reads: 1 } };
  const links = chain({ dhcp: 'proxy', target: 'tgt', boot: 'san', added: true }, bare);
  expect(links.slice(-2).map(({ name }) => name)).toEqual(['san-login', 'boot-loader']);
  expect(JSON.stringify(links.at(-1))).not.toMatch(/kernel|initramfs|\/boot was/);
  const boot = [{ method: 'san' as const, artifacts: {}, firmware: ['uefi' as const] }];
  const [says] = chain({ dhcp: 'proxy', target: 'tgt', boot: 'san', added: true }, bare && { ...bare, boot })
    .slice(-1)
    .map((link) => link.says.join(' '));
  expect(says).toMatch(/^UEFI: iPXE starts/);
});

it('tells of a release without Linux what it can', () => {
  const bare = MANIFEST && withoutLinux(MANIFEST);
  for (const boot of ['san', 'direct'] as const) {
    const [before, now] = [MANIFEST, bare].map((manifest) =>
      chain({ dhcp: 'proxy', target: 'tgt', boot, added: true }, manifest),
    );
    expect(now?.map(({ name }) => name)).toEqual(before?.map(({ name }) => name));
    expect(JSON.stringify(now)).not.toContain('undefined');
  }
});
