/**
 * The network between the gate's servers and the client. With a tap device our own dnsmasq serves DHCP and TFTP; where
 * /dev/net/tun may not be opened, QEMU's user network does.
 */
import { chmod, constants, copyFile, mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PC } from '../artifacts/platform/pc.js';
import { Failure } from '../base/failure.js';
import type { Ports, RunningTool } from '../base/ports.js';
import { startDnsmasq } from '../hosts/dhcp/daemon.js';
import { dnsmasqConfig } from '../hosts/dhcp/dnsmasq.js';
import { NETDEV, value } from './qemu.js';
import type { Runtime } from './runtime.js';

export interface GateNetwork extends AsyncDisposable {
  readonly kind: 'tap' | 'user';
  /** Where our servers listen. */
  readonly listen: string;
  /** How the client reaches them. */
  readonly server: string;
  /** QEMU's `-netdev`. */
  readonly netdev: string;
  /** Starts DHCP and TFTP; iPXE is handed this script. */
  serve(script: string): Promise<void>;
}

export interface NetworkOptions {
  readonly wanted: 'auto' | 'tap' | 'user';
  readonly mac: string;
  readonly runtime: Runtime;
  /** Each line of dnsmasq's log. */
  readonly onLine: (line: string) => void;
}

const TAP = {
  device: 'gate0',
  server: '10.77.0.1',
  client: '10.77.0.10',
  netmask: '255.255.255.0',
  prefix: 24,
  /** A unique local prefix (RFC 4193). */
  ipv6: 'fd6c:756e:736d::',
} as const;
/** QEMU's user network reaches the host's loopback at its gateway (qemu(1), `-netdev user`). */
const USER = { listen: '127.0.0.1', server: '10.0.2.2' } as const;
const PROGRAMS = Object.values(PC.firmware).map(({ program }) => program);
const LEASE_SECONDS = 3600;
const CLIENT_SCRIPT = 'client.ipxe';

/** @throws Failure of kind `host` when a tap device is demanded and cannot be had */
export async function openNetwork(ports: Ports, options: NetworkOptions): Promise<GateNetwork> {
  await ip(ports, 'link', 'set', 'lo', 'up');
  const why = options.wanted === 'user' ? 'it is not wanted' : await tapProblem(ports);
  if (why === undefined) return openTap(ports, options);
  if (options.wanted === 'tap') {
    throw new Failure('host', { what: 'No tap device can be made for the client’s network.', found: why });
  }
  return openUser(options);
}

/** Makes the tap device. Tells what is in the way, or undefined. */
async function tapProblem(ports: Ports): Promise<string | undefined> {
  try {
    const device = await open('/dev/net/tun', constants.O_RDWR);
    await device.close();
    await ip(ports, 'tuntap', 'add', 'dev', TAP.device, 'mode', 'tap');
    return undefined;
  } catch (error) {
    if (error instanceof Failure && error.kind === 'interrupted') throw error;
    if (error instanceof Failure) return error.command?.lastLines.at(-1) ?? error.message;
    return (error as Error).message;
  }
}

async function openTap(ports: Ports, options: NetworkOptions): Promise<GateNetwork> {
  const { device, server, prefix, ipv6 } = TAP;
  await ip(ports, 'address', 'add', `${server}/${prefix}`, 'dev', device);
  await ip(ports, 'address', 'add', `${ipv6}1/64`, 'dev', device, 'nodad');
  await ip(ports, 'link', 'set', device, 'up');
  let dnsmasq: RunningTool | undefined;
  return {
    kind: 'tap',
    listen: server,
    server,
    // A plain tap: with the offload header the packet capture would not be readable.
    netdev: `tap,id=${NETDEV},ifname=${device},script=no,downscript=no,vnet_hdr=off`,
    serve: async (script) => {
      dnsmasq = await serveBoot(ports, options, await fillTftp(options.runtime, script));
    },
    [Symbol.asyncDispose]: async () => {
      await dnsmasq?.[Symbol.asyncDispose]();
      if (!ports.signal.aborted) await ip(ports, 'link', 'delete', device);
    },
  };
}

function openUser({ runtime }: NetworkOptions): GateNetwork {
  const tftp = join(runtime.path, 'tftp');
  return {
    kind: 'user',
    ...USER,
    netdev: `user,id=${NETDEV},tftp=${value(tftp)},bootfile=${CLIENT_SCRIPT}`,
    serve: async (script) => {
      await fillTftp(runtime, script);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** The TFTP root: both iPXE binaries and the client's script, which holds its secret. */
export async function fillTftp(runtime: Pick<Runtime, 'path'>, script: string): Promise<string> {
  const root = join(runtime.path, 'tftp');
  await mkdir(root);
  for (const { path } of PROGRAMS) await copyFile(path, join(root, basename(path)));
  await writeFile(join(root, CLIENT_SCRIPT), script);
  // As root, dnsmasq's TFTP serves only what everybody may read, whatever the umask; the folder above is closed to others.
  for (const name of await readdir(root)) await chmod(join(root, name), 0o644);
  await chmod(root, 0o755);
  return root;
}

async function serveBoot(
  ports: Ports,
  { runtime, mac, onLine }: NetworkOptions,
  tftpRoot: string,
): Promise<RunningTool> {
  const config = join(runtime.path, 'dnsmasq.conf');
  const text = dnsmasqConfig({
    interface: TAP.device,
    range: { first: TAP.client, last: TAP.client, netmask: TAP.netmask, leaseSeconds: LEASE_SECONDS },
    hosts: [{ mac, address: TAP.client }],
    boot: {
      bios: basename(PC.firmware.bios.program.path),
      uefi: basename(PC.firmware.uefi.program.path),
      ipxe: CLIENT_SCRIPT,
    },
    tftpRoot,
    leaseFile: join(runtime.path, 'leases'),
    advertise: TAP.ipv6,
  });
  await writeFile(config, text);
  return startDnsmasq(ports, { config, onLine, hint: 'Its last lines say why.' });
}

function ip(ports: Ports, ...args: string[]): Promise<unknown> {
  return ports.run(['ip', ...args], { doing: 'set up the client’s network', quiet: true });
}
