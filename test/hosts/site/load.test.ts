/** A site that is right, with its defaults; where it is found; the examples of its page. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../base/failure.js';
import type { HostFacts } from '../../../hosts/site/facts.js';
import { loadSite, readSite } from '../../../hosts/site/load.js';
import { changed, RIGHT, siteOf } from './a-site.js';

function hostOf(lines: string): HostFacts | undefined {
  return siteOf(`hosts:\n  san1:\n    address: 192.0.2.10\n${lines}`).hosts[0];
}

describe('parseSite', () => {
  it('fills in what a site leaves out', () => {
    expect(siteOf(RIGHT)).toEqual({
      folder: '/site',
      files: [],
      hosts: [
        {
          name: 'san1',
          transport: { kind: 'ssh', destination: 'root@san1.example.org' },
          root: '/srv/lunsmith',
          address: '192.0.2.10',
          target: { kind: 'lio', prefix: 'iqn.2026-01.net.lunsmith:san1', port: 3260 },
          clone: { kind: 'file' },
          retention: 604_800,
          http: { url: 'http://192.0.2.10' },
          dhcp: { kind: 'dnsmasq-proxy', interface: 'eth0', network: '192.0.2.0' },
          gate: ['bios-san', 'uefi-san', 'bios-san-wrong-secret'],
        },
      ],
      channels: ['edge', 'stable'],
      clients: [
        {
          name: 'web1',
          host: 'san1',
          mac: '52:54:00:12:34:56',
          initiator: 'iqn.2026-01.net.lunsmith:san1:client.web1',
          account: 'web1',
          secret: 'env:WEB1_CHAP',
          images: [{ name: 'main', channel: 'stable', boot: 'san' }],
          menuSeconds: 5,
          follows: 'promote',
        },
        {
          name: 'web2',
          host: 'san1',
          serial: 'CZC123',
          initiator: 'iqn.2026-01.net.lunsmith:san1:client.web2',
          account: 'web2',
          secret: 'file:secrets/web2',
          images: [{ name: 'main', channel: 'edge', boot: 'san' }],
          menuSeconds: 5,
          follows: 'promote',
        },
      ],
    });
  });

  it('is content with a host alone, and with clients that are commented out', () => {
    const site = siteOf('hosts: { here: { address: 192.0.2.10 } }\nclients:\n  # web1:\n');
    expect(site).toMatchObject({ channels: ['edge', 'stable'], clients: [] });
    expect(site.hosts[0]).toMatchObject({
      transport: { kind: 'directory' },
      root: '/srv/lunsmith',
      dhcp: { kind: 'none' },
    });
  });

  it.each([
    [
      'connect: ssh://root@[fd6c::1]:2201',
      { kind: 'ssh', destination: 'root@fd6c::1', port: 2201 },
      '/srv/lunsmith',
    ],
    ['connect: "ssh://[fe80::1%eth0]"', { kind: 'ssh', destination: 'fe80::1%eth0' }, '/srv/lunsmith'],
    [
      'connect: ssh://admin@san1\n    sudo: true',
      { kind: 'ssh', destination: 'admin@san1', sudo: true },
      '/srv/lunsmith',
    ],
    ['connect: ssh://san1', { kind: 'ssh', destination: 'san1' }, '/srv/lunsmith'],
    [
      'connect: ssh://admin@192.0.2.10:2222/',
      { kind: 'ssh', destination: 'admin@192.0.2.10', port: 2222 },
      '/srv/lunsmith',
    ],
    ['connect: ./target', { kind: 'directory' }, '/site/target'],
    ['connect: ../target', { kind: 'directory' }, '/target'],
    ['connect: .', { kind: 'directory' }, '/site'],
    ['connect: /var/lib/target/', { kind: 'directory' }, '/var/lib/target'],
    ['root: /data/lunsmith', { kind: 'directory' }, '/data/lunsmith'],
  ])('%s', (line, transport, root) => {
    expect(hostOf(`    ${line}\n`)).toMatchObject({ transport, root });
  });

  it.each([
    ['retention: 12h', { retention: 43_200 }],
    ['retention: 0', { retention: 0 }],
    ['clone: { lvm: vg0/pool }', { clone: { kind: 'lvm', group: 'vg0', pool: 'pool' } }],
    ['clone: { zfs: tank/lunsmith/x }', { clone: { kind: 'zfs', dataset: 'tank/lunsmith/x' } }],
    [
      'target: { kind: tgt, port: 3261 }',
      { target: { kind: 'tgt', prefix: 'iqn.2026-01.net.lunsmith:san1', port: 3261 } },
    ],
    [
      'target: { prefix: iqn.2001-04.com.example }',
      { target: { kind: 'lio', prefix: 'iqn.2001-04.com.example', port: 3260 } },
    ],
    [
      'http: { url: "https://boot.example.org:8443/x/", group: www-data }',
      { http: { url: 'https://boot.example.org:8443/x', group: 'www-data' } },
    ],
    ['dhcp: { kind: none }', { dhcp: { kind: 'none' } }],
    [
      'dhcp: { kind: dnsmasq, interface: br0, network: 192.0.2.0/25, range: { first: 192.0.2.100, last: 192.0.2.126 } }',
      {
        dhcp: {
          kind: 'dnsmasq',
          interface: 'br0',
          range: {
            first: '192.0.2.100',
            last: '192.0.2.126',
            netmask: '255.255.255.128',
            leaseSeconds: 3600,
          },
        },
      },
    ],
    [
      'dhcp: { kind: isc-dhcpd, network: 198.51.0.0/16, router: 198.51.0.1, dns: [198.51.0.2, 192.0.2.3] }',
      {
        dhcp: {
          kind: 'isc-dhcpd',
          subnet: '198.51.0.0',
          netmask: '255.255.0.0',
          router: '198.51.0.1',
          dns: ['198.51.0.2', '192.0.2.3'],
        },
      },
    ],
    ['reload: [systemctl, restart, dnsmasq]', { reload: ['systemctl', 'restart', 'dnsmasq'] }],
    ['gate: []', { gate: [] }],
  ])('%s', (line, facts) => {
    expect(hostOf(`    ${line}\n`)).toMatchObject(facts);
  });

  it('asks for proofs of the direct path where a client takes it', () => {
    const text = changed('channel: edge', 'images: [{ name: a, channel: edge, boot: direct }]');
    expect(siteOf(text).hosts[0]?.gate).toEqual([
      'bios-san',
      'uefi-san',
      'bios-san-wrong-secret',
      'bios-direct',
      'uefi-direct',
    ]);
  });

  it.each([
    ['mac: 52-54-00-AB-CD-EF', { mac: '52:54:00:ab:cd:ef' }],
    ['uuid: 4C4C4544-0042-3510-8052-B4C04F4A3132', { uuid: '4c4c4544-0042-3510-8052-b4c04f4a3132' }],
    ['initiator: eui.02004567A425678D', { initiator: 'eui.02004567a425678d' }],
    [
      'initiator: naa.62004567BA64678D0123456789ABCDEF',
      { initiator: 'naa.62004567ba64678d0123456789abcdef' },
    ],
    ['initiator: iqn.1993-08.org.debian:01:abc', { initiator: 'iqn.1993-08.org.debian:01:abc' }],
    ['account: web-two', { account: 'web-two' }],
    ['size: 10G', { images: [{ name: 'main', channel: 'edge', bytes: 10 * 1024 ** 3, boot: 'san' }] }],
    ['boot: direct', { images: [{ name: 'main', channel: 'edge', boot: 'direct' }] }],
    ['follows: rebase', { follows: 'rebase' }],
    ['menu-seconds: 30', { menuSeconds: 30 }],
    ['address: 192.0.2.21', { address: { address: '192.0.2.21', netmask: '255.255.255.0' } }],
    [
      'address: 192.0.2.21\n    netmask: 255.255.255.128\n    gateway: 192.0.2.1\n    dns: 198.51.100.1',
      {
        address: {
          address: '192.0.2.21',
          netmask: '255.255.255.128',
          gateway: '192.0.2.1',
          dns: '198.51.100.1',
        },
      },
    ],
  ])('%s', (line, facts) => {
    expect(siteOf(changed('channel: edge', `channel: edge\n    ${line}`)).clients[1]).toMatchObject(facts);
  });

  it('takes gateway and name server of a static address from the network of the host', () => {
    const dhcp =
      'dhcp: { kind: isc-dhcpd, network: 192.0.2.0/24, router: 192.0.2.1, dns: [192.0.2.2, 192.0.2.3] }';
    const text = changed('channel: edge', 'channel: edge\n    address: 192.0.2.21').replace(/dhcp: .*/, dhcp);
    expect(siteOf(text).clients[1]?.address).toEqual({
      address: '192.0.2.21',
      netmask: '255.255.255.0',
      gateway: '192.0.2.1',
      dns: '192.0.2.2',
    });
  });

  it('lets clients of two hosts have one address: their networks need not know of each other', () => {
    const dhcp = 'dhcp: { interface: eth0, network: 192.0.2.0/24 }';
    const client = 'channel: edge, secret: env:X, address: 192.0.2.21';
    const site = siteOf(`hosts:
  a: { address: 192.0.2.1, root: /srv/a, ${dhcp} }
  b: { address: 192.0.2.1, root: /srv/b, ${dhcp} }
clients:
  c: { host: a, serial: c, ${client} }
  d: { host: b, serial: d, ${client} }
`);
    expect(site.clients.map(({ address }) => address?.address)).toEqual(['192.0.2.21', '192.0.2.21']);
  });

  it('keeps several images in their order', () => {
    const images =
      'images:\n      - { name: b, channel: stable, size: 1G }\n      - { name: a, channel: edge }';
    expect(siteOf(changed('channel: edge', images)).clients[1]?.images).toEqual([
      { name: 'b', channel: 'stable', bytes: 1024 ** 3, boot: 'san' },
      { name: 'a', channel: 'edge', boot: 'san' },
    ]);
  });
});

describe('loadSite', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'site-'));
    await mkdir(join(root, 'above/here/below'), { recursive: true });
    await mkdir(join(root, 'empty'));
    await writeFile(join(root, 'above/lunsmith.yaml'), RIGHT);
    await writeFile(join(root, 'above/other.yaml'), RIGHT.replace('edge, stable', 'edge, stable, other'));
    await writeFile(join(root, 'above/wrong.yaml'), 'hosts: {}\n');
    await writeFile(join(root, 'above/bytes.yaml'), Buffer.from([0xff, 0xfe, 0x00]));
  });
  afterAll(() => rm(root, { recursive: true }));

  async function failureOf(cwd: string, named?: string): Promise<unknown> {
    const error: unknown = await loadSite(join(root, cwd), named).catch((reason: unknown) => reason);
    return error instanceof Failure ? [error.kind, ...error.diagnostics] : error;
  }

  it('finds the nearest file in the current folder or above', async () => {
    for (const cwd of ['above', 'above/here/below']) {
      expect((await loadSite(join(root, cwd))).folder).toBe(join(root, 'above'));
    }
  });

  it('takes the file that is named, or that of the folder that is named', async () => {
    expect((await loadSite(join(root, 'above/here'), '../other.yaml')).channels).toContain('other');
    expect((await loadSite(root, 'above')).folder).toBe(join(root, 'above'));
  });

  it('hands the text to those who change it, with its path', async () => {
    expect(await readSite(join(root, 'above/here'), '../lunsmith.yaml')).toEqual({
      path: join(root, 'above/lunsmith.yaml'),
      file: '../lunsmith.yaml',
      folder: join(root, 'above'),
      text: RIGHT,
    });
    expect((await readSite(join(root, 'above/here'))).file).toBe('../lunsmith.yaml');
  });

  it('shows the file as the user knows it', async () => {
    expect(await failureOf('empty', '../above/wrong.yaml')).toMatchObject([
      'usage',
      { place: { file: '../above/wrong.yaml', line: 1, column: 1 } },
    ]);
  });

  it('says what is missing', async () => {
    expect(await failureOf('empty', 'x.yaml')).toEqual([
      'usage',
      { what: 'There is no file x.yaml.', expected: 'a site file such as lunsmith.yaml' },
    ]);
    expect(await failureOf('.', 'empty')).toEqual([
      'usage',
      { what: 'The folder empty holds no lunsmith.yaml.', expected: 'a site file such as lunsmith.yaml' },
    ]);
    expect(await failureOf('empty')).toEqual([
      'usage',
      {
        what: 'There is no lunsmith.yaml here.',
        expected: `lunsmith.yaml in ${join(root, 'empty')} or a folder above it`,
        hint: 'Name one with `--site FILE`, or write one: docs/site.md explains it.',
      },
    ]);
    expect(await failureOf('above', 'bytes.yaml')).toEqual([
      'usage',
      { what: 'bytes.yaml is no text file.', expected: 'UTF-8', hint: 'Save it as UTF-8.' },
    ]);
  });
});

describe('docs/site.md', () => {
  it('has examples that load', async () => {
    const page = await readFile('docs/site.md', 'utf8');
    const examples = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml = '']) => siteOf(yaml));
    expect(examples.map(({ hosts, clients }) => [hosts.length, clients.length])).toEqual([
      [1, 1],
      [2, 4],
    ]);
  });
});
