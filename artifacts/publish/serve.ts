/**
 * A throw-away target host on this machine, for trying a release: whatever machine on the network boots from it gets a
 * clone of its own. dnsmasq answers beside the DHCP server that the network has. All of it is gone with the process.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Argv, Ports, RunningTool } from '../../pipeline/ports.js';
import { ResourceStack } from '../bootgate/stack.js';
import { Failure } from '../failure.js';
import { ipxeBinaries } from '../formats/ipxe-binaries.js';
import type { Release } from '../release/release.js';
import { adapterOf } from '../target/adapters.js';
import { startTgtd } from '../target/tgt/daemon.js';
import { carryOut } from './carry-out.js';
import type { Intent } from './change.js';
import { openDirectory } from './directory.js';
import { serveFolder } from './http-folder.js';
import { hostLayout } from './layout.js';
import { hostParts } from './parts.js';
import type { ClientFacts, HostFacts } from './site.js';

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

const CHANNEL = 'trial';
const PREFIX = 'iqn.2026-01.net.lunsmith:serve';

/** @throws Failure of kind `host` or `tool` when a server does not start; nothing is left behind then */
export async function serveRelease(
  release: Release,
  options: ServeOptions,
  ports: Ports,
): Promise<AsyncDisposable> {
  const { folder, address, onLine } = options;
  await using stack = new ResourceStack();
  await mkdir(folder, { recursive: true, mode: 0o711 });
  stack.use({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) });
  const facts = factsOf(options);
  const host = openDirectory(facts, ports);
  const layout = hostLayout(facts);
  await mkdir(layout.releases, { recursive: true });
  // It is on this machine already, and nobody writes to it.
  await symlink(release.path, layout.release(release.digest));
  stack.use(
    await startTgtd(ports, {
      portal: { address, port: options.ports.iscsi },
      folder,
      onLine: (line) => onLine('tgtd', line),
    }),
  );
  const adapter = adapterOf('tgt', { tgtSocket: join(folder, 'tgtd.0') });
  const parts = hostParts(adapter, await ipxeBinaries(ports));
  const secrets = new Map<string, string>();
  const wish = (intent: Intent) =>
    carryOut(
      host,
      intent,
      {
        parts,
        channels: [CHANNEL],
        now: new Date().toISOString(),
        lock: { words: 'serve' },
        secret: ({ name }) => Promise.resolve(secrets.get(name) ?? ''),
      },
      ports,
    );
  await wish({ kind: 'promote', channel: CHANNEL, release: release.digest });
  const onMissing = async (path: string) => {
    const client = machineOf(path);
    if (client === undefined || secrets.has(client.name)) return;
    secrets.set(client.name, randomBytes(8).toString('hex'));
    try {
      const { lines } = await wish({ kind: 'add', client });
      for (const line of lines) onLine('lunsmith', line);
    } catch (error) {
      // The machine asks again.
      secrets.delete(client.name);
      onLine('lunsmith', Failure.from(error).message);
    }
  };
  stack.use(
    await serveFolder({
      folder: layout.http,
      address,
      port: options.ports.http,
      onLine: (line) => onLine('http', line),
      onMissing,
    }),
  );
  stack.use(await startDnsmasq(join(layout.conf, 'dnsmasq.conf'), options, ports));
  const rest = stack.move();
  return { [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose]() };
}

function factsOf(options: ServeOptions): HostFacts {
  const { folder, address, network, ports } = options;
  return {
    name: 'this machine',
    transport: { kind: 'directory' },
    root: folder,
    address,
    target: { kind: 'tgt', prefix: PREFIX, port: ports.iscsi },
    clone: { kind: 'file' },
    http: { url: `http://${address}:${ports.http}` },
    dhcp: { kind: 'dnsmasq-proxy', interface: options.interface, network },
    // It is for trying what may not be proven yet.
    gate: [],
  };
}

/** The client that a request for the script of a machine comes from, by its MAC address. */
export function machineOf(path: string): ClientFacts | undefined {
  const [, dashed] = /^\/clients\/by-mac\/((?:[0-9a-f]{2}-){5}[0-9a-f]{2})\.ipxe$/.exec(path) ?? [];
  if (dashed === undefined) return undefined;
  const name = `machine-${dashed.replaceAll('-', '')}`;
  return {
    name,
    host: 'this machine',
    mac: dashed.replaceAll('-', ':'),
    initiator: `${PREFIX}:client.${name}`,
    account: name,
    secret: 'env:NONE',
    images: [{ name: 'main', channel: CHANNEL, boot: 'san' }],
    menuSeconds: 0,
    follows: 'promote',
  };
}

async function startDnsmasq(conf: string, { onLine }: ServeOptions, ports: Ports): Promise<RunningTool> {
  let ready: () => void = () => undefined;
  const started = new Promise<'ready'>((resolve) => {
    ready = () => resolve('ready');
  });
  const argv: Argv = [
    'dnsmasq',
    '--keep-in-foreground',
    '--log-facility=-',
    '--pid-file',
    '--user=root',
    '--group=root',
    `--conf-file=${conf}`,
  ];
  const tool = await ports.start(argv, {
    doing: 'answer DHCP and TFTP',
    quiet: true,
    onLine: (line) => {
      if (line.includes('TFTP root is')) ready();
      onLine('dnsmasq', line);
    },
  });
  if ((await Promise.race([started, tool.ended])) === 'ready') return tool;
  throw new Failure(
    'tool',
    {
      what: 'dnsmasq did not start.',
      hint: 'Another DHCP or TFTP server on this machine may have its ports (67, 69 and 4011, all UDP): `ss -lnup`.',
    },
    { command: { argv, lastLines: tool.lastLines() } },
  );
}
