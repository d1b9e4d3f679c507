/**
 * The target host of one cell: a state with one client that boots one release, and what hosts/ renders of it, laid down as it
 * lies on any target host. Whatever the gate's client is handed is what clients are handed.
 */
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ipxeBinaries } from '../artifacts/formats/ipxe-binaries.js';
import { PC } from '../artifacts/platform/pc.js';
import { artifactOf } from '../artifacts/release/roles.js';
import { Failure } from '../base/failure.js';
import type { Ports } from '../base/ports.js';
import { fillFolder } from '../hosts/apply/batch.js';
import type { BootFilesInput } from '../hosts/boot-files/boot-file.js';
import { confFiles, httpFiles, tftpFiles } from '../hosts/boot-files.js';
import { openDirectory } from '../hosts/host/directory.js';
import { type HostLayout, hostLayout } from '../hosts/host/layout.js';
import { EMPTY_STATE, type Generation, type HostState } from '../hosts/host/state.js';
import type { ClientFacts, HostFacts } from '../hosts/site/facts.js';
import { LUN } from '../hosts/target/tgt/conf.js';
import type { GateIdentity } from './identity.js';
import type { GateRequest } from './request.js';

export const ISCSI_PORT = 3260;
export const HTTP_PORT = 80;

export interface ClientHostOptions {
  readonly request: Pick<GateRequest, 'cell' | 'manifest' | 'digest'>;
  readonly identity: GateIdentity;
  /** Where the client finds its servers, IPv4, and who gives it an address. */
  readonly network: {
    readonly server: string;
    readonly dhcp: HostFacts['dhcp'];
    /** Of the target, if it is another; IPv4. */
    readonly portal?: string;
  };
  /** Absolute path of the host's folder. */
  readonly root: string;
  /** Absolute path of the client's disk. */
  readonly disk: string;
}

const HOST = 'gate';
const CHANNEL = 'gate';
const IMAGE = 'main';
const SERIAL = 1;

/** @throws Failure of kind `usage` when the release does not offer the cell's boot method */
export function bootFilesInput(options: ClientHostOptions): BootFilesInput {
  const { request, identity, network, root } = options;
  const { server, dhcp, portal } = network;
  requireMethod(request);
  const host: HostFacts = {
    name: HOST,
    transport: { kind: 'directory' },
    root,
    address: server,
    target: {
      kind: 'tgt',
      prefix: identity.target,
      port: ISCSI_PORT,
      ...(portal === undefined ? {} : { portals: [portal] }),
    },
    clone: { kind: 'file' },
    retention: 0,
    http: { url: `http://${server}` },
    dhcp,
    gate: [],
  };
  return {
    host,
    state: stateOf(options),
    manifests: new Map([[request.digest, request.manifest]]),
    lun: LUN,
    secrets: new Map([[identity.chapUser, { user: identity.chapUser, secret: identity.offeredSecret }]]),
  };
}

/** Lays all files down in the host's folder, the release among them. @returns where they lie */
export async function layDown(
  input: BootFilesInput,
  { release, digest }: Pick<GateRequest, 'release' | 'digest'>,
  ports: Ports,
): Promise<HostLayout> {
  const layout = hostLayout(input.host);
  await mkdir(layout.releases, { recursive: true });
  await symlink(release, layout.release(digest));
  await using host = openDirectory(input.host, ports);
  await fillFolder(host, join(layout.state(SERIAL), 'http'), httpFiles(input));
  const pc = input.manifests.get(digest)?.platform === PC.id;
  const binaries = pc ? await ipxeBinaries(ports) : undefined;
  await fillFolder(host, layout.tftp, tftpFiles(input, binaries));
  await fillFolder(host, layout.conf, confFiles(input));
  await symlink(join(layout.state(SERIAL), 'http'), layout.http);
  return layout;
}

function stateOf({ request, identity, disk }: ClientHostOptions): HostState {
  const { cell, digest, manifest } = request;
  const { chapUser: name, mac, piSerial, initiator, target, serial } = identity;
  const facts: ClientFacts = {
    name,
    host: HOST,
    ...(cell.path === 'tftp' ? { serial: piSerial } : { mac }),
    initiator,
    account: name,
    secret: 'made:random',
    images: [{ name: IMAGE, channel: CHANNEL, boot: cell.path }],
    menuSeconds: 0,
    follows: 'promote',
  };
  const generation: Generation = {
    id: `${digest.slice(0, 12)}-1`,
    release: digest,
    target,
    serial,
    disk,
    bytes: artifactOf(manifest, 'lun-image')?.bytes ?? 0,
    made: new Date().toISOString(),
  };
  return {
    ...EMPTY_STATE,
    serial: SERIAL,
    channels: { [CHANNEL]: { release: digest, history: [] } },
    clients: {
      [name]: { facts, images: { [IMAGE]: { current: generation.id, generations: [generation] } } },
    },
  };
}

/** A client's script would only say so and ask again. */
function requireMethod({ cell, manifest }: Pick<GateRequest, 'cell' | 'manifest'>): void {
  if (manifest.boot.some(({ method }) => method === cell.path)) return;
  throw new Failure('usage', {
    what: `This release cannot be booted by ${cell.path}.`,
    expected: manifest.boot.map(({ method }) => method).join(' or ') || 'a release with a boot method',
    found: cell.path,
  });
}
