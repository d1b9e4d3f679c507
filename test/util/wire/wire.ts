/**
 * A network of one's own for clients and servers: a namespace with a bridge, on which this end has an address and each
 * machine a tap device. It is gone with the process that holds it, however that ends.
 */
import { createPorts } from '../../../pipeline/command.js';
import type { Argv, Ports, RunningTool } from '../../../pipeline/ports.js';

export interface Wire extends AsyncDisposable {
  /** Runs and starts tools in the namespace. */
  readonly ports: Ports;
  /** This end. */
  readonly address: string;
  readonly netmask: string;
  readonly bridge: string;
  /** QEMU's `-netdev` for one more machine. */
  tap(name: string): Promise<string>;
}

const ADDRESS = '10.78.0.1';
const BRIDGE = 'wire0';
/** iPXE waits some 16 s for a router advertisement before it goes on without IPv6. */
const IPV6 = 'fd6c:756e:736e::';
const SET_UP = `set -e
ip link set lo up
ip link add ${BRIDGE} type bridge
ip address add ${ADDRESS}/24 dev ${BRIDGE}
ip address add ${IPV6}1/64 dev ${BRIDGE} nodad
ip link set ${BRIDGE} up
echo ready
exec sleep infinity`;

export const ROUTER_ADVERTISEMENT = IPV6;

export async function openWire(signal: AbortSignal): Promise<Wire> {
  const host = createPorts({ emit: () => undefined, signal });
  let tell: () => void = () => undefined;
  const ready = new Promise<'ready'>((resolve) => {
    tell = () => resolve('ready');
  });
  const holder = await host.start(
    ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--net', 'sh', '-c', SET_UP],
    { doing: 'make a network', onLine: (line) => line === 'ready' && tell() },
  );
  if ((await Promise.race([ready, holder.ended])) !== 'ready') {
    throw new Error(`No network could be made: ${holder.lastLines().join('\n')}`);
  }
  const ports = within(host, holder);
  return {
    ports,
    address: ADDRESS,
    netmask: '255.255.255.0',
    bridge: BRIDGE,
    tap: async (name) => {
      const ip = (...args: string[]) => ports.run(['ip', ...args], { doing: 'plug a machine in' });
      await ip('tuntap', 'add', 'dev', name, 'mode', 'tap');
      await ip('link', 'set', name, 'master', BRIDGE);
      await ip('link', 'set', name, 'up');
      return `tap,id=net,ifname=${name},script=no,downscript=no,vnet_hdr=off`;
    },
    [Symbol.asyncDispose]: () => holder[Symbol.asyncDispose](),
  };
}

/** Only the network is another: files and processes are those of the host. */
function within(ports: Ports, { pid }: RunningTool): Ports {
  const enter = (argv: Argv): Argv => ['nsenter', `--net=/proc/${pid}/ns/net`, '--', ...argv];
  return {
    ...ports,
    run: (argv, options) => ports.run(enter(argv), options),
    start: (argv, options) => ports.start(enter(argv), options),
  };
}
