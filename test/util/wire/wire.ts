/**
 * A network of one's own for clients and servers: a namespace with a bridge, on which this end has an address and each
 * machine a tap device; and a second network that nothing routes to. It is gone with the process that holds it, however that ends.
 */

import { createPorts } from '../../../base/command.js';
import type { Argv, Ports, RunningTool } from '../../../base/ports.js';
import { UndoStack } from '../../../base/undo-stack.js';
import { NETDEV } from '../../../gate/qemu.js';

export interface Wire extends AsyncDisposable {
  /** Runs and starts tools in the namespace. */
  readonly ports: Ports;
  /** The command that enters the namespace. */
  readonly enter: readonly [string, ...string[]];
  /** This end. */
  readonly address: string;
  readonly netmask: string;
  readonly bridge: string;
  /** Another machine on the wire that runs servers: a namespace with this address on its `eth0`. */
  neighbour(address: string): Promise<Ports>;
  /** QEMU's `-netdev` for one more card. @param bridge default: the first network's */
  tap(name: string, bridge?: string): Promise<string>;
  /** This end of the second network. */
  readonly second: { readonly address: string; readonly bridge: string };
}

const ADDRESS = '10.78.0.1';
const BRIDGE = 'wire0';
const SECOND = { address: '10.79.0.1', bridge: 'wire1' } as const;
/** iPXE waits some 16 s for a router advertisement before it goes on without IPv6. */
const IPV6 = 'fd6c:756e:736e::';
const HOLD = `ip link set lo up
echo ready
exec sleep infinity`;
const SET_UP = `set -e
ip link add ${BRIDGE} type bridge
ip address add ${ADDRESS}/24 dev ${BRIDGE}
ip address add ${IPV6}1/64 dev ${BRIDGE} nodad
ip link set ${BRIDGE} up
ip link add ${SECOND.bridge} type bridge
ip address add ${SECOND.address}/24 dev ${SECOND.bridge}
ip link set ${SECOND.bridge} up
${HOLD}`;

export const ROUTER_ADVERTISEMENT = IPV6;

export async function openWire(signal: AbortSignal): Promise<Wire> {
  const host = createPorts({ emit: () => undefined, signal });
  await using stack = new UndoStack();
  const holder = stack.use(await hold(host, SET_UP));
  const enter = ['nsenter', `--net=/proc/${holder.pid}/ns/net`, '--'] as const;
  const ports = within(host, enter);
  const ip = (...args: string[]) => ports.run(['ip', ...args], { doing: 'plug a machine in' });
  const rest = stack.move();
  return {
    ports,
    enter,
    address: ADDRESS,
    netmask: '255.255.255.0',
    bridge: BRIDGE,
    second: SECOND,
    neighbour: async (address) => {
      const other = rest.use(await hold(host, HOLD));
      const near = `veth${other.pid}`;
      await ip('link', 'add', near, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(other.pid));
      await ip('link', 'set', near, 'master', BRIDGE);
      await ip('link', 'set', near, 'up');
      const there = within(host, ['nsenter', `--net=/proc/${other.pid}/ns/net`, '--']);
      await there.run(['ip', 'address', 'add', `${address}/24`, 'dev', 'eth0'], {
        doing: 'plug a machine in',
      });
      await there.run(['ip', 'link', 'set', 'eth0', 'up'], { doing: 'plug a machine in' });
      return there;
    },
    tap: async (name, bridge = BRIDGE) => {
      await ip('tuntap', 'add', 'dev', name, 'mode', 'tap');
      await ip('link', 'set', name, 'master', bridge);
      await ip('link', 'set', name, 'up');
      return `tap,id=${bridge === BRIDGE ? NETDEV : bridge},ifname=${name},script=no,downscript=no,vnet_hdr=off`;
    },
    [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose](),
  };
}

/** A process in a network namespace of its own, which lasts as long as it. */
async function hold(host: Ports, script: string): Promise<RunningTool> {
  let tell: () => void = () => undefined;
  const ready = new Promise<'ready'>((resolve) => {
    tell = () => resolve('ready');
  });
  const argv: Argv = ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--net', 'sh', '-c', script];
  const holder = await host.start(argv, {
    doing: 'make a network',
    onLine: (line) => line === 'ready' && tell(),
  });
  if ((await Promise.race([ready, holder.ended])) === 'ready') return holder;
  throw new Error(`No network could be made: ${holder.lastLines().join('\n')}`);
}

/** Only the network is another: files and processes are those of the host. */
function within(ports: Ports, enter: Wire['enter']): Ports {
  return {
    ...ports,
    run: (argv, options) => ports.run([...enter, ...argv], options),
    start: (argv, options) => ports.start([...enter, ...argv], options),
  };
}
