/** What is explained: one client, one of its images, and its target host. */
import { posix } from 'node:path';
import { type Sign, signWords } from '../../artifacts/release/console.js';
import type { Manifest, Role } from '../../artifacts/release/manifest.js';
import { bootArtifact } from '../../artifacts/release/roles.js';
import { hasPaths, sanUris } from '../boot-files/paths.js';
import { hostLayout } from '../host/layout.js';
import type { Generation } from '../host/state.js';
import type { ClientFacts, ClientImage, HostFacts } from '../site/facts.js';
import { portalsOf, portalText } from '../site/portal.js';

export interface ExplainedClient {
  readonly host: HostFacts;
  /** Number of the LUN, as the host's target offers it. */
  readonly lun: number;
  /** As the host has it; of a client that was not added yet, as the site has it. */
  readonly client: ClientFacts;
  /** The image whose boot is explained. */
  readonly image: ClientImage;
  /** Image that was chosen for the next boot. */
  readonly next?: string | undefined;
  /** The clone that it boots; undefined when there is none yet. */
  readonly generation?: Generation | undefined;
  /** Of the clone's release. */
  readonly manifest?: Manifest | undefined;
}

export interface Subject extends ExplainedClient {
  /** IQN. */
  readonly target: string;
  /** Address and TCP port of the target, as words where the client comes to it by several. */
  readonly portal: string;
  /** Address and TCP port of each portal that the client is led to. */
  readonly portals: readonly [string, ...string[]];
  /** Whether it is led to all of them at once. */
  readonly multipath: boolean;
  /** One for each of them. */
  readonly sanUris: readonly [string, ...string[]];
  /** Digest. */
  readonly release: string;
  /** Path of a file that the boot of the image needs, relative to the release. */
  readonly bootFile: (role: Role) => string;
  /** Lines of the console by which the release's system gives something away; `otherwise` where none are known. */
  readonly shows: (sign: Sign, otherwise: string) => string;
  /** Path on the host of a file of the release. */
  readonly inRelease: (name: string) => string;
  /** URL of a path below `http/`. */
  readonly url: (path: string) => string;
  /** Path on the host of what the HTTP server shows. */
  readonly http: (path: string) => string;
  readonly tftp: (name: string) => string;
  readonly conf: (name: string) => string;
  /** Below `http/`: archive with the settings for the initramfs. */
  readonly cpio: string;
  /** Below `http/`: script that boots by all paths. */
  readonly pathsScript: string;
  /** A name of the client's script by what identifies the machine. */
  readonly identities: readonly string[];
  /** tcpdump(8) for the client's packets on these ports. */
  readonly watch: (ports: string) => string;
}

/** What stands for a thing that is not there before a release is promoted and the client is added. */
const UNKNOWN = {
  release: 'DIGEST',
  generation: 'GENERATION',
  file: (role: Role) => role.toUpperCase(),
} as const;

export function subjectOf(explained: ExplainedClient): Subject {
  const { host, client, image, generation, manifest, lun } = explained;
  const layout = hostLayout(host);
  const id = generation?.id ?? UNKNOWN.generation;
  const target = generation?.target ?? `${host.target.prefix}:${client.name}.${image.name}.${id}`;
  const release = generation?.release ?? UNKNOWN.release;
  const { mac, serial, uuid } = client;
  const multipath = hasPaths(host, manifest) && image.blank !== true;
  // Without one disk of several paths a kernel that iPXE loads itself, and an installer, know the first one.
  const many = multipath || (image.boot === 'san' && image.blank !== true);
  const [first, ...others] = portalsOf(host).map(portalText);
  const portals = [first as string, ...(many ? others : [])] as const;
  const [uri, ...uris] = sanUris({ host, lun, target });
  return {
    ...explained,
    target,
    portal: portals.join(multipath ? ' and ' : ', else '),
    portals,
    multipath,
    sanUris: [uri, ...(many ? uris : [])],
    release,
    bootFile: (role) => (manifest && bootArtifact(manifest, image.boot, role)) ?? UNKNOWN.file(role),
    shows: (sign, otherwise) => (manifest?.console && signWords(manifest.console, sign)) ?? otherwise,
    inRelease: (name) => posix.join(layout.release(release), name),
    url: (path) => `${host.http.url}/${path}`,
    http: (path) => posix.join(layout.http, path),
    tftp: (name) => posix.join(layout.tftp, name),
    conf: (name) => posix.join(layout.conf, name),
    cpio: `clients/${client.name}/${image.name}-${id}.cpio`,
    pathsScript: `clients/${client.name}/${image.name}-${id}.ipxe`,
    identities: [
      ...(mac === undefined ? [] : [`clients/by-mac/${mac.replaceAll(':', '-')}.ipxe`]),
      ...(serial === undefined ? [] : [`clients/by-serial/${serial}.ipxe`]),
      ...(uuid === undefined ? [] : [`clients/by-uuid/${uuid}.ipxe`]),
    ],
    watch: (ports) => watch(host, client, ports),
  };
}

/** `-i any` shows no Ethernet header of its own, so a filter by MAC address needs the interface (pcap-filter(7)). */
function watch({ dhcp }: HostFacts, { mac }: ClientFacts, ports: string): string {
  const card = 'interface' in dhcp ? dhcp.interface : undefined;
  const filter = card === undefined || mac === undefined ? ports : `ether host ${mac} and (${ports})`;
  return `tcpdump -nvi ${card ?? 'any'} '${filter}'`;
}
