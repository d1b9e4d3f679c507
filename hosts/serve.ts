/**
 * A throw-away target host on this machine, for trying a release: whatever machine on the network boots from it gets a
 * clone of its own. dnsmasq answers beside the DHCP server that the network has. All of it is gone with the process.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ipxeBinaries } from '../artifacts/formats/ipxe-binaries.js';
import { PC } from '../artifacts/platform/pc.js';
import type { Release } from '../artifacts/release/release.js';
import { Failure } from '../base/failure.js';
import type { Ports } from '../base/ports.js';
import { UndoStack } from '../base/undo-stack.js';
import { hostDrivers } from './apply/drivers.js';
import { applyChange } from './apply.js';
import type { Intent } from './change/intent.js';
import { startDnsmasq } from './dhcp/daemon.js';
import { toolFindings } from './doctor/tools.js';
import { openDirectory } from './host/directory.js';
import type { TargetHost } from './host/host.js';
import { hostLayout } from './host/layout.js';
import { filesOf } from './serve/http-folder.js';
import { serveHttp } from './serve/http-server.js';
import { listenAt } from './serve/listening.js';
import { addingMachines, CHANNEL, HOST, PREFIX } from './serve/machines.js';
import { mortalServers } from './serve/mortal-servers.js';
import type { HostFacts } from './site/facts.js';
import { adapterOf } from './target/adapters.js';
import { startTgtd } from './target/tgt/daemon.js';

export interface ServeOptions {
  /** Absolute path of a folder that does not exist; removed at the end. */
  readonly folder: string;
  /** The network interface that machines are on. */
  readonly interface: string;
  /** Its address and the network's, IPv4. */
  readonly address: string;
  readonly network: string;
  readonly ports: { readonly http: number; readonly iscsi: number };
  /** What servers say, and what was done. */
  readonly onLine: (server: string, line: string) => void;
}

export interface ServedRelease extends AsyncDisposable {
  /** Told when one of the servers has ended by itself; never rejects. */
  readonly broken: Promise<Failure>;
}

/** Machines that nobody named are handed iPXE. */
function requirePc({ manifest }: Release): void {
  if (manifest.platform === PC.id) return;
  throw new Failure('usage', {
    what: `Machines of the platform ${manifest.platform} cannot be tried like that: none of them may be unknown to their host.`,
    expected: `a release for the platform ${PC.id}`,
    found: manifest.recipe.name,
    hint: 'Make a client of it: npx lunsmith client add NAME (docs/raspberry-pi.md).',
  });
}

/**
 * @throws Failure of kind `usage` for a release of machines that no script can be handed to, `host` or `tool` when a server does not
 *   start; nothing is left behind then
 */
export async function serveRelease(
  release: Release,
  options: ServeOptions,
  ports: Ports,
): Promise<ServedRelease> {
  const { folder, address, onLine } = options;
  requirePc(release);
  await using stack = new UndoStack();
  const facts = factsOf(options);
  const host = openDirectory(facts, ports);
  await requireTools(host);
  await requirePort(address, options.ports.iscsi);
  await mkdir(folder, { recursive: true, mode: 0o711 });
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const layout = hostLayout(facts);
  await mkdir(layout.releases, { recursive: true });
  // It is on this machine already, and read-only.
  await symlink(release.path, layout.release(release.digest));
  const servers = mortalServers(ports);
  stack.use(
    await startTgtd(servers.ports, {
      portal: { address, port: options.ports.iscsi },
      folder,
      onLine: (line) => onLine('tgtd', line),
    }),
  );
  const adapter = adapterOf('tgt', { tgtSocket: join(folder, 'tgtd.0') });
  const drivers = hostDrivers(facts, adapter, await ipxeBinaries(ports));
  const wish = (intent: Intent) =>
    applyChange(
      host,
      intent,
      {
        drivers,
        channels: [CHANNEL],
        now: new Date().toISOString(),
        lock: { words: 'serve' },
        files: () => Promise.resolve({}),
        secret: () => Promise.resolve(randomBytes(8).toString('hex')),
      },
      ports,
    );
  await wish({ kind: 'promote', channel: CHANNEL, release: release.digest });
  const machines = stack.use(addingMachines(wish, (line) => onLine('lunsmith', line)));
  stack.use(
    await serveHttp({
      address,
      port: options.ports.http,
      find: filesOf(layout.http, machines.add),
      onLine: (line) => onLine('http', line),
    }),
  );
  stack.use(
    await startDnsmasq(servers.ports, {
      config: join(layout.conf, 'dnsmasq.conf'),
      onLine: (line) => onLine('dnsmasq', line),
      hint: 'Another DHCP or TFTP server on this machine may have its ports (67, 69 and 4011, all UDP): `ss -lnup`.',
    }),
  );
  const rest = stack.move();
  return { broken: servers.broken, [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose]() };
}

/** Told all at once, before anything is started. */
async function requireTools(host: TargetHost): Promise<void> {
  const findings = await toolFindings(host, { tools: ['dnsmasq', 'tgtd', 'setpriv'] }, false);
  const [first, ...rest] = findings.map(({ what, hint }) => ({ what, hint }));
  if (first !== undefined) throw new Failure('host', [first, ...rest]);
}

/** A tgtd whose port is taken goes on without one. */
async function requirePort(address: string, port: number): Promise<void> {
  const server = createServer();
  await listenAt(server, { what: 'iSCSI', address, port });
  server.close();
  await once(server, 'close');
}

function factsOf(options: ServeOptions): HostFacts {
  const { folder, address, network, ports } = options;
  return {
    name: HOST,
    transport: { kind: 'directory' },
    root: folder,
    address,
    target: { kind: 'tgt', prefix: PREFIX, port: ports.iscsi },
    clone: { kind: 'file' },
    retention: 0,
    http: { url: `http://${address}:${ports.http}` },
    dhcp: { kind: 'dnsmasq-proxy', interface: options.interface, network },
    // It is for trying what may not be proven yet.
    gate: [],
  };
}
