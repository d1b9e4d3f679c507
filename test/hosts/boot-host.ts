/** A target host with a few clients, as the tests of boot files see it. */
import type { BootFile, BootFilesInput } from '../../hosts/boot-files/boot-file.js';
import type { ClientState, Generation } from '../../hosts/host/state.js';
import type { ClientFacts, HostFacts } from '../../hosts/site/facts.js';
import { ARTIFACTS, BOOT, smallManifest } from '../util/manifest.js';

export const DIGEST = 'ab'.repeat(32);
export const OTHER_DIGEST = 'cd'.repeat(32);

export const HOST: HostFacts = {
  name: 'san1',
  transport: { kind: 'directory' },
  root: '/srv/lunsmith',
  address: '10.77.0.1',
  target: { kind: 'tgt', prefix: 'iqn.2026-01.org.example:san1', port: 3260 },
  clone: { kind: 'file' },
  retention: 0,
  http: { url: 'http://10.77.0.1' },
  dhcp: { kind: 'dnsmasq-proxy', interface: 'san0', network: '10.77.0.0' },
  gate: ['bios-san'],
};

export const WEB1: ClientFacts = {
  name: 'web1',
  host: 'san1',
  mac: '52:54:00:00:00:01',
  initiator: 'iqn.2026-01.org.example:web1',
  account: 'web1',
  secret: 'env:WEB1',
  images: [{ name: 'debian', channel: 'stable', boot: 'san' }],
  menuSeconds: 10,
  follows: 'promote',
};

/** With an address of its own and two images. */
export const DB1: ClientFacts = {
  ...WEB1,
  name: 'db1',
  mac: '52:54:00:00:00:02',
  serial: 'AB 12',
  uuid: '01234567-89ab-cdef-0123-456789abcdef',
  initiator: 'iqn.2026-01.org.example:db1',
  account: 'db1',
  address: { address: '10.77.0.99', netmask: '255.255.255.0', gateway: '10.77.0.1', dns: '10.77.0.2' },
  images: [
    { name: 'debian', channel: 'stable', boot: 'direct' },
    { name: 'arch', channel: 'edge', boot: 'san' },
  ],
};

/** With a LUN on which a system installs itself. */
export const PC7: ClientFacts = {
  ...WEB1,
  name: 'pc7',
  mac: '52:54:00:00:00:07',
  initiator: 'iqn.2026-01.org.example:pc7',
  account: 'pc7',
  images: [{ name: 'windows', channel: 'installer', boot: 'san', bytes: 60 * 1024 ** 3, blank: true }],
};

/** Of both digests. */
export const MANIFEST = smallManifest({ artifacts: ARTIFACTS, boot: BOOT });

export function generation(client: string, image: string, release = DIGEST): Generation {
  const id = `${release.slice(0, 12)}-1`;
  return {
    id,
    release,
    target: `iqn.2026-01.org.example:san1:${client}.${image}.${id}`,
    serial: '0123456789abcdef',
    disk: `/srv/lunsmith/clients/${client}/${image}/${id}.img`,
    bytes: 1 << 30,
    made: '2026-01-01T00:00:00Z',
  };
}

/** A client whose images all have one generation. */
export function clientState(facts: ClientFacts, change: Partial<ClientState> = {}): ClientState {
  const images = Object.fromEntries(
    facts.images.map(({ name, blank }) => {
      const own = generation(facts.name, name);
      const { disk, bytes } = generation(facts.name, `${name}-installer`);
      const one = blank === true ? { ...own, installer: { disk, bytes, serial: 'fedcba9876543210' } } : own;
      return [name, { current: one.id, generations: [one] }];
    }),
  );
  return { facts, images, ...change };
}

export function bootInput(
  clients: readonly ClientState[],
  change: Partial<BootFilesInput> = {},
): BootFilesInput {
  return {
    host: HOST,
    manifests: new Map([DIGEST, OTHER_DIGEST].map((digest) => [digest, MANIFEST])),
    lun: 1,
    secrets: new Map(
      clients.map(({ facts }) => [facts.name, { user: facts.account, secret: `secret of ${facts.name}` }]),
    ),
    state: {
      format: 'lunsmith-host/1',
      serial: 1,
      channels: { stable: { release: DIGEST, history: [] } },
      clients: Object.fromEntries(clients.map((client) => [client.facts.name, client])),
    },
    ...change,
  };
}

/** The text of the file at a path. */
export function textOf(files: readonly BootFile[], path: string): string {
  const content = files.find((file) => file.path === path)?.content;
  if (content === undefined || !('text' in content)) throw new Error(`no text ${path}`);
  return content.text;
}

/** `path -> link`, and `!` behind what is secret. */
export function listing(files: readonly BootFile[]): string[] {
  return files.map(({ path, content, secret }) =>
    [path, ...('link' in content ? ['->', content.link] : []), ...(secret ? ['!'] : [])].join(' '),
  );
}
