/**
 * Power-on of a Raspberry Pi up to its kernel: its firmware, played by a process in a network namespace that stands for the machine,
 * on the same wire as the gate's servers. What it loads are the very bytes that the TFTP server hands out.
 */
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Start } from '../../artifacts/platform/raspberry-pi/firmware.js';
import { packageFile } from '../../base/package-root.js';
import type { Argv, Ports } from '../../base/ports.js';
import { UndoStack } from '../../base/undo-stack.js';
import { Broken } from '../broken.js';
import type { Lease } from './dhcp.js';
import type { FirmwareAnswer, FirmwarePi, FirmwareTask } from './protocol.js';

export interface FirmwareOptions {
  readonly pi: FirmwarePi;
  /** The bridge that the gate's servers are on. */
  readonly bridge: string;
  /** A private folder: what is loaded has the client's secret. */
  readonly folder: string;
  /** What it asks for and finds, in words. */
  readonly onLine: (line: string) => void;
}

/** Files of the host that hold what the firmware has loaded. */
export interface Loaded {
  readonly kernel: string;
  readonly deviceTree: string | undefined;
  /** All archives, one after the other as they would be in memory. */
  readonly initramfs: string | undefined;
  readonly commandLine: string;
}

/** Compiled, also where we are not: a process of its own has no loader for TypeScript. */
const PROCESS = packageFile('dist/gate/raspberry-pi/firmware-process.js');
const CARD = 'eth0';

/** @throws Broken when the firmware would not start a kernel; it says what was missing */
export async function bootFirmware(options: FirmwareOptions, ports: Ports): Promise<Loaded> {
  const { pi, folder, onLine } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await using machine = await plugIn(options, ports);
  const lease = await machine.ask({ do: 'dhcp', pi }, (answer) =>
    'lease' in answer ? answer.lease : undefined,
  );
  onLine(`DHCP: ${lease.address}, files at ${lease.server}`);
  await machine.address(lease);
  const answer = await machine.ask({ do: 'load', pi, server: lease.server, folder }, (each) => {
    if ('asked' in each)
      onLine(`TFTP: ${each.asked} ${each.bytes === undefined ? 'not found' : `${each.bytes} bytes`}`);
    return 'played' in each ? each : undefined;
  });
  const { notes, start } = answer.played;
  for (const { at, what } of notes) onLine(`${at}: ${what}`);
  if (start === undefined) {
    const last = notes.findLast(({ fatal }) => fatal);
    throw new Broken(`The firmware of the Raspberry Pi stops at ${last?.at}: ${last?.what}`);
  }
  return await inMemory(start, answer.files, folder);
}

async function inMemory(
  start: Start,
  files: Readonly<Record<string, string>>,
  folder: string,
): Promise<Loaded> {
  const fileOf = (path: string) => {
    const file = files[path];
    if (file !== undefined) return file;
    throw new Broken(`The firmware of the Raspberry Pi did not load ${path}.`);
  };
  const initramfs = join(folder, 'initramfs');
  await writeFile(initramfs, '', { mode: 0o600 });
  for (const path of start.initramfs) await appendFile(initramfs, await readFile(fileOf(path)));
  return {
    kernel: fileOf(start.kernel),
    deviceTree: start.deviceTree === undefined ? undefined : fileOf(start.deviceTree),
    initramfs: start.initramfs.length === 0 ? undefined : initramfs,
    commandLine: start.commandLine,
  };
}

interface PluggedIn extends AsyncDisposable {
  /** Runs the process, and returns what `pick` finds among its answers. */
  ask<T>(task: FirmwareTask, pick: (answer: FirmwareAnswer) => T | undefined): Promise<T>;
  /** Gives the card the address. */
  address(lease: Lease): Promise<void>;
}

/** A network namespace whose card has the Pi's MAC address. */
async function plugIn({ pi, bridge }: FirmwareOptions, ports: Ports): Promise<PluggedIn> {
  await using stack = new UndoStack();
  let tell: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const holder = stack.use(
    await ports.start(['unshare', '--net', 'sh', '-c', 'echo ready; exec sleep infinity'], {
      doing: 'make the network of the client’s firmware',
      quiet: true,
      onLine: (line) => line === 'ready' && tell(),
    }),
  );
  // Before that the process is in our own namespace; when it has ended, the next command says so.
  await Promise.race([ready, holder.ended]);
  const doing = 'plug in the client’s firmware';
  const enter = ['nsenter', `--net=/proc/${holder.pid}/ns/net`, '--'] as const;
  const ip = (...args: string[]) => ports.run(['ip', ...args], { doing, quiet: true });
  const there = (...args: string[]) => ports.run([...enter, 'ip', ...args], { doing, quiet: true });
  // Several may be on the bridge; a name has 15 characters.
  const port = `pi-${pi.mac.replaceAll(':', '')}`;
  const peer = ['peer', 'name', CARD, 'address', pi.mac, 'netns', String(holder.pid)];
  await ip('link', 'add', port, 'type', 'veth', ...peer);
  // A machine with this address comes to the bridge next: the port has to be gone by then.
  stack.defer(async () => {
    if (!ports.signal.aborted) await ip('link', 'delete', port);
  });
  await ip('link', 'set', port, 'master', bridge, 'up');
  await there('link', 'set', CARD, 'up');
  // It has no address yet, and asks everybody.
  await there('route', 'add', '255.255.255.255', 'dev', CARD);
  const rest = stack.move();
  return {
    ask: async (task, pick) => {
      let found: ReturnType<typeof pick>;
      const argv: Argv = [...enter, process.execPath, PROCESS, JSON.stringify(task)];
      const { stderr, exitCode } = await ports.run(argv, {
        doing: 'play the client’s firmware',
        quiet: true,
        okExitCodes: [0, 1],
        shown: ['firmware', task.do],
        onLine: (line, stream) => {
          if (stream === 'stdout') found ??= pick(JSON.parse(line) as FirmwareAnswer);
        },
      });
      if (found !== undefined) return found;
      const last = stderr.trim().split('\n').at(-1) ?? '';
      throw new Broken(
        `The firmware of the Raspberry Pi stops: ${last === '' ? `exit code ${exitCode}` : last}`,
      );
    },
    address: async ({ address, netmask }) => {
      await there('address', 'add', `${address}/${netmask}`, 'dev', CARD);
    },
    [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose](),
  };
}
