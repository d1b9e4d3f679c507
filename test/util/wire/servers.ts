/** What a target host runs besides lunsmith, started on the wire by hand as its service manager would. */
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Argv, Ports, RunningTool } from '../../../base/ports.js';
import { startDnsmasq } from '../../../hosts/dhcp/daemon.js';
import { ROUTER_ADVERTISEMENT, type Wire } from './wire.js';

/** Of a network that boots by PXELINUX. */
export interface Pxelinux {
  /** Addresses that machines are given, by their MAC addresses. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Called with each line that the server says: of TFTP which file it sent to whom. */
  readonly onLine: (line: string) => void;
}

/** The DHCP and TFTP server that a network has whose machines boot by PXELINUX. @param tftp folder that it serves */
export function startPxelinux(
  there: Ports,
  tftp: string,
  { addresses, onLine }: Pxelinux,
): Promise<RunningTool> {
  const hosts = Object.entries(addresses).map(([mac, address]) => `--dhcp-host=${mac},${address}`);
  const boot = ['--enable-tftp', `--tftp-root=${tftp}`, '--dhcp-boot=pxelinux.0'];
  return started({ ports: there }, plainDhcp([...hosts, ...boot]), { line: /TFTP root/, onLine });
}

/** The DHCP server that a network has: addresses, and nothing of booting. */
export function startPlainDhcp(
  there: Ports,
  host?: { readonly mac: string; readonly address: string },
): Promise<RunningTool> {
  const more = host === undefined ? [] : [`--dhcp-host=${host.mac},${host.address}`];
  return started({ ports: there }, plainDhcp(more), { line: /DHCP, IP range/ });
}

function plainDhcp(more: readonly string[]): Argv {
  return [
    'dnsmasq',
    '--conf-file=/dev/null',
    '--keep-in-foreground',
    '--log-facility=-',
    '--user=root',
    '--group=root',
    '--pid-file',
    '--port=0',
    '--interface=eth0',
    '--bind-interfaces',
    '--leasefile-ro',
    '--no-ping',
    '--dhcp-authoritative',
    '--dhcp-range=10.78.0.100,10.78.0.199,255.255.255.0,1h',
    ...more,
  ];
}

/** Starts a server and awaits the line, or the file, that tells that it is ready. */
async function started(
  wire: Pick<Wire, 'ports'>,
  argv: Argv,
  ready: { readonly line: RegExp; readonly onLine?: (line: string) => void } | { readonly file: string },
  env: Readonly<Record<string, string>> = {},
): Promise<RunningTool> {
  let tell: () => void = () => undefined;
  const said = new Promise<'ready'>((done) => {
    tell = () => done('ready');
  });
  const tool = await wire.ports.start(argv, {
    doing: `start ${argv[0]}`,
    env,
    onLine: (line) => {
      if (!('line' in ready)) return;
      ready.onLine?.(line);
      if (ready.line.test(line)) tell();
    },
  });
  if ('file' in ready) void appears(ready.file, tool).then(tell);
  if ((await Promise.race([said, tool.ended])) === 'ready') return tool;
  throw new Error(`${argv[0]} did not start: ${tool.lastLines().join('\n')}`);
}

/** A socket that appears is no event. */
async function appears(file: string, tool: RunningTool): Promise<void> {
  const ended = new AbortController();
  void tool.ended.then(() => ended.abort());
  const there = () =>
    access(file).then(
      () => true,
      () => false,
    );
  while (!ended.signal.aborted && !(await there())) await delay(20);
}

/** That of the second network. */
export function startSecondDhcp({ ports, second }: Wire): Promise<RunningTool> {
  const argv: Argv = [
    'dnsmasq',
    ...['--conf-file=/dev/null', '--keep-in-foreground', '--log-facility=-', '--pid-file', '--port=0'],
    ...['--user=root', '--group=root', `--interface=${second.bridge}`, '--bind-interfaces'],
    ...['--leasefile-ro', '--no-ping', '--dhcp-authoritative'],
    // Of its gateway and name server nothing is told: there are none.
    ...['--dhcp-option=3', '--dhcp-option=6'],
    '--dhcp-range=10.79.0.100,10.79.0.199,255.255.255.0,1h',
  ];
  return started({ ports }, argv, { line: /DHCP, IP range/ });
}

/** @param socket where its management socket shall be, as `TGT_IPC_SOCKET` names it: `.0` follows */
export function startTarget(
  wire: Wire,
  socket: string,
  options: { readonly asks?: true; readonly portals?: readonly string[] } = {},
): Promise<RunningTool> {
  const asks = options.asks === true ? ',nop_interval=10,nop_count=6' : '';
  const { portals = [wire.address] } = options;
  const listening = portals.map((address) => `portal=${address}:3260`).join(',');
  const argv: Argv = ['tgtd', '--foreground', '--iscsi', `${listening}${asks}`];
  return started(wire, argv, { file: `${socket}.0` }, { TGT_IPC_SOCKET: socket });
}

export function startDhcp(wire: Wire, root: string): Promise<RunningTool> {
  return startDnsmasq(wire.ports, {
    config: join(root, 'conf', 'dnsmasq.conf'),
    more: ['--enable-ra', `--dhcp-range=${ROUTER_ADVERTISEMENT},ra-only`],
    onLine: () => undefined,
    hint: 'Its last lines say why.',
  });
}

/** Tells that there is a router and nothing else: iPXE would wait for that. */
export function startRouter({ ports, bridge }: Wire): Promise<RunningTool> {
  const argv: Argv = [
    'dnsmasq',
    ...['--conf-file=/dev/null', '--keep-in-foreground', '--log-facility=-', '--pid-file', '--port=0'],
    ...['--user=root', '--group=root', `--interface=${bridge}`, '--bind-interfaces', '--leasefile-ro'],
    ...['--enable-ra', `--dhcp-range=${ROUTER_ADVERTISEMENT},ra-only`],
  ];
  return started({ ports }, argv, { line: /router advertisement on/ });
}

export function startHttp(wire: Wire, root: string): Promise<RunningTool> {
  const program = resolve('dist/test/inside/http.js');
  const argv: Argv = [process.execPath, program, join(root, 'http'), wire.address, '80'];
  return started(wire, argv, { line: /^listening$/ });
}
