/**
 * A network with a DHCP server of its own, beside it our target host, and a client that is switched on. Runs in a sandbox.
 *
 *   namespace `lan`: 10.77.0.2, the network's DHCP server --- bridge san0: 10.77.0.1, HTTP, TFTP, DHCP of the host --- client
 */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PC } from '../../artifacts/platform/pc.js';
import type { Argv, Ports, RunningTool } from '../../base/ports.js';
import { UndoStack } from '../../base/undo-stack.js';
import { createMachine, type Machine } from '../../gate/machine.js';
import { qemuArgv } from '../../gate/qemu.js';
import { DEFAULT_BOUNDS } from '../../gate/request.js';
import { openRuntime, type Runtime } from '../../gate/runtime.js';
import { filesOf } from '../../hosts/serve/http-folder.js';
import { serveHttp } from '../../hosts/serve/http-server.js';

const SERVER = '10.77.0.1';
/** A unique local prefix (RFC 4193). */
const IPV6 = 'fd6c:756e:736d::';

export interface ClientBoot {
  /** Absolute path of the host's folder. */
  readonly root: string;
  /** Absolute path of a folder for what the machine needs. */
  readonly scratch: string;
  readonly firmware: 'bios' | 'uefi';
  readonly mac: string;
  /** Arguments of QEMU: who the machine is. */
  readonly machine?: readonly string[];
  /** What QEMU starts instead of its card's ROM, and what that is handed. */
  readonly kernel?: string;
  readonly initrd?: string;
  /** The network's own DHCP server, and the boot file that it names. */
  readonly lan?: { readonly bootfile?: string };
  /** Absolute path of the configuration of the host's dnsmasq. */
  readonly dnsmasq?: string;
  /** The HTTP server comes up by a step only. */
  readonly httpLate?: boolean;
  /** What the console must show, one after the other, and what is done then. */
  readonly steps: readonly {
    /** Source of a regular expression. */
    readonly expect: string;
    readonly send?: string;
    readonly http?: true;
  }[];
  /** For each step. */
  readonly seconds: number;
}

export interface SeenBoot {
  /** `ADDRESS PATH STATUS` */
  readonly requests: readonly string[];
  readonly console: readonly string[];
  /** The log of the host's dnsmasq. */
  readonly dhcp: readonly string[];
}

export async function inside(boot: ClientBoot, ports: Ports): Promise<SeenBoot> {
  const seen = { requests: [] as string[], console: [] as string[], dhcp: [] as string[] };
  await makeNetwork(ports);
  await using stack = new UndoStack();
  const runtime = stack.use(await openRuntime(boot.scratch, ports));
  const lan = await startLanDhcp(boot, runtime, ports);
  if (lan) stack.use(lan);
  if (boot.dnsmasq) {
    stack.use(await startDnsmasq(['dnsmasq'], boot.dnsmasq, ports, (line) => seen.dhcp.push(line)));
  }
  const find = filesOf(join(boot.root, 'http'), () => Promise.resolve());
  const onLine = (line: string) => {
    const [from = '', , path = '', status = ''] = line.split(' ');
    seen.requests.push(`${from} ${path} ${status}`);
  };
  const serve = async () => void stack.use(await serveHttp({ address: SERVER, port: 80, find, onLine }));
  if (!boot.httpLate) await serve();
  const machine = stack.use(await switchedOff(boot, runtime, seen.console, ports));
  await machine.powerOn();
  for (const { expect, send, http: up } of boot.steps) {
    const patience = { ...DEFAULT_BOUNDS.boot, wall: boot.seconds };
    const bound = { patience, what: expect, signal: ports.signal };
    await machine.console.expect(new RegExp(expect), bound).catch((error: unknown) => {
      const { message } = error as Error;
      throw new Error(`${message}\n${[...seen.dhcp, ...seen.requests, ...seen.console].join('\n')}`);
    });
    if (up) await serve();
    if (send) machine.console.send(send);
  }
  return seen;
}

async function makeNetwork(ports: Ports): Promise<void> {
  const ip = (...args: string[]) => ports.run(['ip', ...args], { doing: 'make the network', quiet: true });
  const inLan = (...args: string[]) =>
    ports.run(['nsenter', '--net=/run/netns/lan', 'ip', ...args], { doing: 'make the network', quiet: true });
  // ip-netns(8) keeps its names there.
  await ports.run(['mount', '-t', 'tmpfs', 'run', '/run'], { doing: 'make a folder in memory' });
  await ip('link', 'set', 'lo', 'up');
  await ip('link', 'add', 'san0', 'type', 'bridge');
  await ip('address', 'add', `${SERVER}/24`, 'dev', 'san0');
  await ip('tuntap', 'add', 'dev', 'tap0', 'mode', 'tap');
  await ip('netns', 'add', 'lan');
  await ip('link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', 'lan');
  for (const port of ['tap0', 'lan0']) await ip('link', 'set', port, 'master', 'san0', 'up');
  await ip('link', 'set', 'san0', 'up');
  await inLan('address', 'add', '10.77.0.2/24', 'dev', 'eth0');
  await inLan('address', 'add', `${IPV6}2/64`, 'dev', 'eth0', 'nodad');
  await inLan('link', 'set', 'eth0', 'up');
}

async function startLanDhcp(
  { lan }: ClientBoot,
  runtime: Runtime,
  ports: Ports,
): Promise<RunningTool | undefined> {
  if (lan === undefined) return undefined;
  const config = join(runtime.path, 'lan.conf');
  const lines = [
    ...['port=0', 'interface=eth0', 'bind-interfaces', 'dhcp-authoritative', 'no-ping', 'no-hosts'],
    // Without a router advertisement iPXE waits some 16 s before it goes on.
    ...['enable-ra', `dhcp-range=${IPV6},ra-only`],
    `dhcp-leasefile=${join(runtime.path, 'lan.leases')}`,
    'dhcp-range=10.77.0.50,10.77.0.60,255.255.255.0,3600',
    ...(lan.bootfile === undefined ? [] : [`dhcp-boot=${lan.bootfile},,${SERVER}`]),
    '',
  ];
  await writeFile(config, lines.join('\n'));
  return startDnsmasq(['nsenter', '--net=/run/netns/lan', 'dnsmasq'], config, ports, () => undefined);
}

async function startDnsmasq(
  start: Argv,
  config: string,
  ports: Ports,
  onLine: (line: string) => void,
): Promise<RunningTool> {
  let ready: (is: true) => void;
  const started = new Promise<true>((resolve) => {
    ready = resolve;
  });
  const tool = await ports.start(
    [...start, '-k', '--log-facility=-', '-C', config, '--pid-file', '--user=root', '--group=root'],
    {
      doing: 'serve DHCP',
      quiet: true,
      onLine: (line) => {
        onLine(line);
        if (/: DHCP, |TFTP root is/.test(line)) ready(true);
      },
    },
  );
  if (await Promise.race([started, tool.ended.then(() => false)])) return tool;
  throw new Error(`dnsmasq did not start: ${tool.lastLines().join('\n')}`);
}

async function switchedOff(
  boot: ClientBoot,
  runtime: Runtime,
  lines: string[],
  ports: Ports,
): Promise<Machine> {
  const variables = join(runtime.path, 'variables.fd');
  if (boot.firmware === 'uefi') await copyFile(PC.gate.flash.variables.path, variables);
  await mkdir(boot.scratch, { recursive: true });
  const argv = (capture: string): Argv => {
    const [qemu, ...options] = qemuArgv({
      firmware: boot.firmware,
      accelerator: 'tcg',
      mac: boot.mac,
      netdev: 'tap,id=net,ifname=tap0,script=no,downscript=no,vnet_hdr=off',
      optionRom: boot.firmware === 'bios' && boot.kernel === undefined,
      capture,
      ...(boot.firmware === 'uefi' ? { variables } : {}),
    });
    return [
      qemu,
      // What it starts instead of the card's ROM comes first.
      ...options.map((each) =>
        boot.kernel === undefined ? each : each.replace('bootindex=0', 'bootindex=1'),
      ),
      ...(boot.machine ?? []),
      ...(boot.kernel === undefined ? [] : ['-kernel', boot.kernel]),
      ...(boot.initrd === undefined ? [] : ['-initrd', boot.initrd]),
    ];
  };
  return createMachine(ports, {
    argv: ({ capture }) => argv(capture),
    runtime,
    capture: join(runtime.path, 'capture.pcap'),
    onConsoleLine: (line) => lines.push(line.trim()),
    onConsolePartial: () => undefined,
    onToolLine: (line) => lines.push(`qemu: ${line}`),
  });
}
