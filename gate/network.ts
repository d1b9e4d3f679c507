/**
 * The network between the gate's servers and the client. With a tap device our own dnsmasq serves DHCP and TFTP; where
 * /dev/net/tun may not be opened, QEMU's user network does. The target of a release with a VLAN is in a second network, which the client
 * reaches by the tag alone.
 */
import { constants, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../base/failure.js';
import type { Ports, RunningTool } from '../base/ports.js';
import { IPXE_SCRIPT } from '../hosts/boot-files/tftp.js';
import { startDnsmasq } from '../hosts/dhcp/daemon.js';
import type { HostLayout } from '../hosts/host/layout.js';
import type { HostFacts } from '../hosts/site/facts.js';
import { NETDEV, value } from './qemu.js';
import type { Runtime } from './runtime.js';
import { CARD_PORT, hubArgv, openVlanSwitch, socketsIn } from './vlan.js';

export interface GateNetwork extends AsyncDisposable {
  readonly kind: 'tap' | 'user';
  /** Where our servers listen. */
  readonly listen: string;
  /** How the client reaches them. */
  readonly server: string;
  /** QEMU's `-netdev`. */
  readonly netdev: string;
  /** QEMU's arguments besides; absent: none. */
  readonly more?: readonly string[];
  /** Where the target listens, and how the client reaches it, in a network of its own; absent: as the other servers. */
  readonly portal?: string;
  /** The interface that the servers are on; absent: QEMU's own network. */
  readonly device?: string;
  /** Who gives the client an address, as the site of its target host has it. */
  readonly dhcp: HostFacts['dhcp'];
  /** Starts DHCP and TFTP with the host’s configuration. */
  serve(host: Pick<HostLayout, 'conf'>): Promise<void>;
}

export interface NetworkOptions {
  readonly wanted: 'auto' | 'tap' | 'user';
  /** Why it has to be a tap device, as a sentence; absent: the caller wants one. */
  readonly because?: string | undefined;
  readonly runtime: Runtime;
  /** The folder that TFTP will serve. */
  readonly tftp: string;
  /** Whether more than one machine is to be plugged in: then the servers are on a bridge. Default false. */
  readonly bridge?: boolean;
  /** Id of the tagged VLAN in which the target is, with a DHCP server of its own; absent: there is none. Not for a bridge. */
  readonly vlan?: number | undefined;
  /** Each line of dnsmasq's log. */
  readonly onLine: (line: string) => void;
}

const TAP = {
  /** What the servers are on: the tap device, or a bridge. */
  device: 'gate0',
  /** The tap device on a bridge. */
  port: 'gate1',
  server: '10.77.0.1',
  range: { first: '10.77.0.10', last: '10.77.0.99', netmask: '255.255.255.0', leaseSeconds: 3600 },
  prefix: 24,
  /** A unique local prefix (RFC 4193). */
  ipv6: 'fd6c:756e:736d::',
} as const;
/** The network behind the tag. No router leads there, so that a client without the tag finds no target. */
const VLAN = {
  device: 'vlan0',
  server: '10.79.0.1',
  prefix: 24,
  range: '10.79.0.10,10.79.0.99,255.255.255.0,3600',
} as const;
/** QEMU's user network reaches the host's loopback at its gateway (qemu(1), `-netdev user`). */
const USER = { listen: '127.0.0.1', server: '10.0.2.2' } as const;

/** @throws Failure of kind `host` when a tap device is demanded and cannot be had */
export async function openNetwork(ports: Ports, options: NetworkOptions): Promise<GateNetwork> {
  await ip(ports, 'link', 'set', 'lo', 'up');
  const why = options.wanted === 'user' ? 'it is not wanted' : await tapProblem(ports, tapOf(options));
  if (why === undefined) return openTap(ports, options);
  if (options.wanted === 'tap') {
    throw new Failure('host', {
      what: 'No tap device can be made for the client’s network.',
      found: why,
      ...(options.because === undefined ? {} : { hint: options.because }),
    });
  }
  return openUser(options);
}

function tapOf({ bridge }: Pick<NetworkOptions, 'bridge'>): string {
  return bridge === true ? TAP.port : TAP.device;
}

/** Makes the tap device. Tells what is in the way, or undefined. */
async function tapProblem(ports: Ports, tap: string): Promise<string | undefined> {
  try {
    const device = await open('/dev/net/tun', constants.O_RDWR);
    await device.close();
    await ip(ports, 'tuntap', 'add', 'dev', tap, 'mode', 'tap');
    return undefined;
  } catch (error) {
    if (error instanceof Failure && error.kind === 'interrupted') throw error;
    if (error instanceof Failure) return error.command?.lastLines.at(-1) ?? error.message;
    return (error as Error).message;
  }
}

async function openTap(ports: Ports, options: NetworkOptions): Promise<GateNetwork> {
  const { device, server, range, prefix, ipv6 } = TAP;
  const tap = tapOf(options);
  if (options.bridge === true) {
    await ip(ports, 'link', 'add', device, 'type', 'bridge', 'forward_delay', '0');
    await ip(ports, 'link', 'set', tap, 'master', device, 'up');
  }
  await ip(ports, 'address', 'add', `${server}/${prefix}`, 'dev', device);
  await ip(ports, 'address', 'add', `${ipv6}1/64`, 'dev', device, 'nodad');
  await ip(ports, 'link', 'set', device, 'up');
  const { vlan } = options;
  const behind = vlan === undefined ? undefined : await openBehind(ports, options, vlan);
  // A plain tap: with the offload header the packet capture would not be readable.
  const netdev = plainTap(tap);
  let dnsmasq: RunningTool | undefined;
  return {
    kind: 'tap',
    listen: server,
    server,
    device,
    netdev: `${behind === undefined ? netdev : CARD_PORT},id=${NETDEV}`,
    ...(behind === undefined
      ? {}
      : { portal: VLAN.server, more: hubArgv({ untagged: netdev, vlan: plainTap(VLAN.device) }) }),
    dhcp: { kind: 'dnsmasq', interface: device, range },
    serve: async ({ conf }) => {
      dnsmasq = await startDnsmasq(ports, {
        config: join(conf, 'dnsmasq.conf'),
        more: [
          `--dhcp-leasefile=${join(options.runtime.path, 'leases')}`,
          // The network is private: no other machine could have this address.
          '--no-ping',
          // iPXE waits some 16 s for a router advertisement before it goes on without IPv6.
          ...['--enable-ra', `--dhcp-range=${ipv6},ra-only`],
          ...(behind === undefined ? [] : [`--interface=${VLAN.device}`, `--dhcp-range=${VLAN.range}`]),
        ],
        onLine: options.onLine,
        hint: 'Its last lines say why.',
      });
    },
    [Symbol.asyncDispose]: async () => {
      await dnsmasq?.[Symbol.asyncDispose]();
      await behind?.[Symbol.asyncDispose]();
      if (ports.signal.aborted) return;
      for (const each of new Set([tap, device, ...(behind === undefined ? [] : [VLAN.device])]))
        await ip(ports, 'link', 'delete', each);
    },
  };
}

function plainTap(device: string): string {
  return `tap,ifname=${device},script=no,downscript=no,vnet_hdr=off`;
}

/** The network behind the tag, and the switch that leads there. */
async function openBehind(
  ports: Ports,
  { runtime }: Pick<NetworkOptions, 'runtime'>,
  id: number,
): Promise<AsyncDisposable> {
  const { device, server, prefix } = VLAN;
  await ip(ports, 'tuntap', 'add', 'dev', device, 'mode', 'tap');
  await ip(ports, 'address', 'add', `${server}/${prefix}`, 'dev', device);
  await ip(ports, 'link', 'set', device, 'up');
  return openVlanSwitch({ id, ...socketsIn(runtime.shortPath) });
}

/** QEMU hands out the script that our own DHCP servers hand to iPXE. */
function openUser({ tftp }: NetworkOptions): GateNetwork {
  return {
    kind: 'user',
    ...USER,
    netdev: `user,id=${NETDEV},tftp=${value(tftp)},bootfile=${IPXE_SCRIPT}`,
    dhcp: { kind: 'none' },
    serve: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function ip(ports: Ports, ...args: string[]): Promise<unknown> {
  return ports.run(['ip', ...args], { doing: 'set up the client’s network', quiet: true });
}
