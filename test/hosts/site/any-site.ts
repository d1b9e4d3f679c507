/** Any site as facts, and the file that means it. */
import fc from 'fast-check';
import { stringify } from 'yaml';
import type {
  ClientFacts,
  ClientImage,
  DhcpKind,
  HostFacts,
  Site,
  StaticAddress,
} from '../../../hosts/site/facts.js';

const maybe = (key: string, value: fc.Arbitrary<unknown>): fc.Arbitrary<object> =>
  fc.option(value).map((one) => (one === null ? {} : { [key]: one }));
const together = <T extends object>(...parts: fc.Arbitrary<T>[]) =>
  fc.tuple(...parts).map((all) => Object.assign({}, ...all) as T);
const name = fc.stringMatching(/^[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}$/);
const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));

/** Host number `n` is in the network 10.n.0.0/16: its own address ends in 0.1, the range is 10.n.200.x, clients 10.n.1.x. */
const at = (n: number, rest: string) => `10.${n}.${rest}`;

function anyDhcp(n: number): fc.Arbitrary<DhcpKind> {
  const told = together<object>(
    maybe('router', fc.constant(at(n, '0.254'))),
    maybe('dns', fc.constantFrom([at(n, '0.2')], ['192.0.2.1', at(n, '0.3')])),
  );
  const range = { first: at(n, '200.1'), last: at(n, '200.99') };
  return fc.oneof(
    fc.constant<DhcpKind>({ kind: 'none' }),
    fc.constant<DhcpKind>({ kind: 'dnsmasq-proxy', interface: 'eth0', network: at(n, '0.0') }),
    fc.tuple(fc.integer({ min: 120, max: 100_000 }), told).map(
      ([leaseSeconds, more]): DhcpKind => ({
        kind: 'dnsmasq',
        interface: 'br-lab',
        range: { ...range, netmask: '255.255.0.0', leaseSeconds },
        ...more,
      }),
    ),
    fc.tuple(maybe('range', fc.constant(range)), told).map(
      ([own, more]): DhcpKind => ({
        kind: 'isc-dhcpd',
        subnet: at(n, '0.0'),
        netmask: '255.255.0.0',
        ...own,
        ...more,
      }),
    ),
  );
}

const connections = fc.constantFrom(
  { transport: { kind: 'directory' as const }, root: '/srv/a' },
  { transport: { kind: 'directory' as const }, root: '/site/inside' },
  { transport: { kind: 'ssh' as const, destination: 'root@san.example.org' }, root: '/srv/lunsmith' },
  { transport: { kind: 'ssh' as const, destination: '192.0.2.9', port: 2222 }, root: '/data' },
);

/** Who is told of no DNS server cannot be led to a name. */
function reachable(host: HostFacts): HostFacts {
  const told = host.dhcp.kind === 'none' || host.dhcp.kind === 'dnsmasq-proxy' || host.dhcp.dns !== undefined;
  const url = told ? host.http.url : host.http.url.replace('boot.example.org', host.address);
  return { ...host, http: { ...host.http, url } };
}

function anyHost(n: number): fc.Arbitrary<HostFacts> {
  return together<object>(
    fc.constant({ name: `host${n}`, address: at(n, '0.1') }),
    connections.map(({ transport, root }) => ({ transport, root: `${root}-${n}` })),
    fc.record({
      target: fc.record({
        kind: fc.constantFrom('lio', 'tgt', 'iet'),
        prefix: name.map((own) => `iqn.2026-01.org.example:${own}`),
        port: fc.integer({ min: 1, max: 65535 }),
      }),
      retention: fc.constantFrom(0, 3600, 604_800, 90 * 86_400),
      clone: fc.constantFrom(
        { kind: 'file' },
        { kind: 'lvm', group: 'vg0', pool: 'p' },
        { kind: 'zfs', dataset: 'tank/a-b' },
      ),
      http: fc
        .tuple(
          fc.constant({ url: `http://boot.example.org:80${n}/x` }),
          maybe('group', fc.constant('www-data')),
        )
        .map(([url, group]) => ({ ...url, ...group })),
      dhcp: anyDhcp(n),
      gate: fc.subarray(['bios-san', 'uefi-san', 'bios-direct']),
    }),
    maybe('reload', fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 3 })),
  ).map((made) => reachable(made as HostFacts));
}

function anyAddress(n: number, host: number): fc.Arbitrary<StaticAddress> {
  return together<object>(
    fc.constant({ address: at(host, `1.${n}`), netmask: '255.255.0.0', gateway: at(host, '0.253') }),
    fc.constant({ dns: '192.0.2.53' }),
  ) as fc.Arbitrary<StaticAddress>;
}

const sizes = maybe(
  'bytes',
  fc.integer({ min: 1, max: 4096 }).map((mebibytes) => mebibytes * 1024 ** 2),
);

function anyImages(channels: readonly string[]): fc.Arbitrary<ClientImage[]> {
  const blank = together<object>(
    fc.record({
      boot: fc.constant('san'),
      bytes: fc.integer({ min: 1, max: 65536 }).map((mebibytes) => mebibytes * 1024 ** 2),
      blank: fc.constant(true),
    }),
    maybe('channel', fc.constantFrom(...channels)),
  );
  const copied = together<object>(
    fc.record({ channel: fc.constantFrom(...channels), boot: fc.constantFrom('san', 'direct') }),
    sizes,
  );
  const image = fc.oneof({ weight: 3, arbitrary: copied }, blank);
  return fc
    .tuple(fc.uniqueArray(name, { minLength: 1, maxLength: 3 }), image, image, image)
    .map(([names, ...images]) => names.map((own, index) => ({ name: own, ...images[index] }) as ClientImage));
}

function anyClient(n: number, hosts: number, channels: readonly string[]): fc.Arbitrary<ClientFacts> {
  const byte = n.toString(16).padStart(2, '0');
  return fc
    .nat(hosts - 1)
    .chain((host) =>
      together<object>(
        fc.constant({ name: `client-${n}`, host: `host${host}`, account: `user.${n}` }),
        fc.constantFrom<object>(
          { mac: `52:54:00:ab:cd:${byte}` },
          { serial: `CZC.${n}`, mac: `52:54:00:ab:cd:${byte}` },
          { uuid: `4c4c4544-0042-3510-8052-b4c04f4a31${byte}` },
        ),
        fc.record({
          initiator: fc.oneof(
            hex(14).map((digits) => `eui.${digits}${byte}`),
            name.map((own) => `iqn.1993-08.org.debian:${n}:${own}`),
          ),
          secret: fc.oneof(
            fc.constant(`env:CHAP_${n}`),
            fc.string({ minLength: 1 }).map((path) => `file:${path}`),
          ),
          images: anyImages(channels),
          menuSeconds: fc.integer({ min: 1, max: 3600 }),
          follows: fc.constantFrom('promote', 'rebase'),
        }),
        maybe('prompts', fc.constant(true)),
        maybe('address', anyAddress(n, host)),
      ),
    )
    .map((client) => askable(client as ClientFacts));
}

/** Nobody can be asked where an initramfs logs in by an archive. */
function askable({ prompts, ...client }: ClientFacts): ClientFacts {
  const asked = prompts === true && client.images.every(({ boot }) => boot === 'san');
  return asked ? { ...client, prompts } : client;
}

export const anySite: fc.Arbitrary<Site> = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.nat(4), fc.uniqueArray(name, { minLength: 1, maxLength: 3 }))
  .chain(([hosts, clients, channels]) =>
    fc.record({
      folder: fc.constant('/site'),
      hosts: fc.tuple(...Array.from({ length: hosts }, (_, n) => anyHost(n))),
      channels: fc.constant(channels),
      clients: fc.tuple(...Array.from({ length: clients }, (_, n) => anyClient(n + 1, hosts, channels))),
      files: fc.constant([]),
    }),
  );

/** The file that means the site. */
export function writtenSite({ hosts, channels, clients }: Site): string {
  return stringify({
    hosts: Object.fromEntries(hosts.map((host) => [host.name, writtenHost(host)])),
    channels,
    clients: Object.fromEntries(clients.map((client) => [client.name, writtenClient(client)])),
  });
}

function writtenHost({ name: _, transport, root, clone, dhcp, retention, ...host }: HostFacts): object {
  const port = transport.kind === 'ssh' && transport.port !== undefined ? `:${transport.port}` : '';
  const inside = root.startsWith('/site/');
  const where =
    transport.kind === 'ssh'
      ? { connect: `ssh://${transport.destination}${port}`, root }
      : inside
        ? { connect: `./${root.slice('/site/'.length)}` }
        : { root };
  const clones = {
    file: 'file',
    lvm: clone.kind === 'lvm' ? { lvm: `${clone.group}/${clone.pool}` } : '',
    zfs: clone.kind === 'zfs' ? { zfs: clone.dataset } : '',
  };
  return {
    ...where,
    ...host,
    retention: retention === 0 ? 0 : `${retention / 3600}h`,
    clone: clones[clone.kind],
    dhcp: writtenDhcp(dhcp),
  };
}

function writtenDhcp(dhcp: DhcpKind): object {
  if (dhcp.kind === 'none') return dhcp;
  if (dhcp.kind === 'dnsmasq-proxy') return { interface: dhcp.interface, network: `${dhcp.network}/16` };
  if (dhcp.kind === 'isc-dhcpd') {
    const { subnet, netmask: _, ...rest } = dhcp;
    return { ...rest, network: `${subnet}/16` };
  }
  const { range, ...rest } = dhcp;
  const { first, last, leaseSeconds } = range;
  return {
    ...rest,
    network: `${first.replace(/200\.1$/, '0.0')}/16`,
    range: { first, last },
    'lease-seconds': leaseSeconds,
  };
}

function writtenClient({
  name: _,
  mac,
  images,
  menuSeconds,
  address,
  prompts,
  secret,
  ...client
}: ClientFacts): object {
  return {
    ...client,
    secret: `${prompts === true ? 'prompt:' : ''}${secret}`,
    ...(mac === undefined ? {} : { mac: mac.toUpperCase().replaceAll(':', '-') }),
    'menu-seconds': menuSeconds,
    images: images.map(({ bytes = 0, blank, channel, ...image }) => ({
      ...image,
      ...(blank === true
        ? { ...(channel === undefined ? {} : { installer: channel }), blank: `${bytes / 1024 ** 2}M` }
        : { channel, ...(bytes === 0 ? {} : { size: `${bytes / 1024 ** 2}M` }) }),
    })),
    ...address,
  };
}
