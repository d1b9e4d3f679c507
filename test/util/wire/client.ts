/** A machine on the wire that boots from the network: QEMU, its console, and an account that no image knows of. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PC } from '../../../artifacts/platform/pc.js';
import type { Argv } from '../../../base/ports.js';
import { UndoStack } from '../../../base/undo-stack.js';
import { accountCredential, hashPassword } from '../../../gate/credentials.js';
import { createMachine, type Machine } from '../../../gate/machine.js';
import { qemuArgv, value } from '../../../gate/qemu.js';
import { DEFAULT_BOUNDS, type GateBounds } from '../../../gate/request.js';
import { openRuntime } from '../../../gate/runtime.js';
import { awaitLogin, logIn, loginPrompt, type Session } from '../../../gate/session.js';
import { CONSOLE } from '../manifest.js';
import type { Wire } from './wire.js';

export interface ClientMachine extends AsyncDisposable {
  /** Everything that the console printed, line by line. */
  readonly lines: readonly string[];
  /** Switches it on and awaits a shell. */
  boot(): Promise<Session>;
  /** Switches it on. */
  powerOn(): Promise<void>;
  /** Awaits what its console shows. */
  shows(pattern: RegExp): Promise<void>;
  /** Types on its console. */
  type(text: string): void;
  /** Has the system reboot and awaits a shell. */
  reboot(session: Session): Promise<Session>;
  /** Has the system switch itself off; the machine is gone then. */
  powerOff(session: Session): Promise<void>;
}

export interface ClientOptions {
  /** Also the name of its tap device. */
  readonly name: string;
  readonly firmware: 'bios' | 'uefi';
  readonly mac: string;
  /** MAC address of a second card, which is in the second network; its tap device is the name with `b` behind it. */
  readonly second?: string;
  /** A disk of its own, which it boots from instead of the network; what it writes to it is gone when it stops. */
  readonly disk?: string;
  /** A CD that it boots from when the network has led nowhere. */
  readonly cd?: string;
  /** Its UEFI boots by HTTP and not by PXE. */
  readonly http?: true;
  /** Serial number that its SMBIOS has. */
  readonly serial?: string;
  /** The same as `disk`, of a USB stick. */
  readonly stick?: string;
  readonly signal: AbortSignal;
}

const PROMPT = loginPrompt(CONSOLE.login ?? '');
export const ACCOUNT = { name: 'wire', password: 'wire-console' };

/** OVMF tries PXE before HTTP, unless it is told not to (OvmfPkg/README). */
function noPxe(version: string): string {
  return `name=opt/org.tianocore/IPv${version}PXESupport,string=n`;
}

/** The machine ends with the test, however that ends. With a disk the network card is the second choice. */
function prepared(
  argv: Argv,
  { disk, cd, stick, serial, http }: Pick<ClientOptions, 'disk' | 'cd' | 'stick' | 'serial' | 'http'>,
): Argv {
  const more = [
    ...(serial === undefined ? [] : ['-smbios', `type=1,serial=${serial}`]),
    ...(http === true ? ['4', '6'].flatMap((version) => ['-fw_cfg', noPxe(version)]) : []),
  ];
  const guard = ['setpriv', '--pdeathsig', 'KILL'] as const;
  const medium =
    cd === undefined
      ? []
      : [
          ...['-drive', `if=none,id=cd,format=raw,media=cdrom,file=${value(cd)}`],
          ...['-device', 'ide-cd,drive=cd,bootindex=1'],
        ];
  const file = disk ?? stick;
  if (file === undefined) return [...guard, ...argv, ...more, ...medium];
  const device =
    disk === undefined
      ? ['-device', 'qemu-xhci', '-device', 'usb-storage,removable=on,drive=disk,bootindex=0']
      : ['-device', 'virtio-blk-pci,drive=disk,bootindex=0'];
  const args = argv.map((arg) => arg.replace('bootindex=0', 'bootindex=1'));
  const drive = `if=none,id=disk,format=raw,snapshot=on,file=${value(file)}`;
  return [...guard, ...args, '-drive', drive, ...device];
}

async function secondCard(wire: Wire, name: string, mac: string): Promise<string[]> {
  const { bridge } = wire.second;
  const netdev = await wire.tap(`${name}b`, bridge);
  return ['-netdev', netdev, '-device', `virtio-net-pci,netdev=${bridge},mac=${mac}`];
}

/** The machine is off. */
export async function openClient(wire: Wire, options: ClientOptions): Promise<ClientMachine> {
  const { name, firmware, mac, second, signal } = options;
  await using stack = new UndoStack();
  const folder = await mkdtemp(join(tmpdir(), 'lunsmith-wire-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const runtime = stack.use(await openRuntime(folder, wire.ports));
  const oemString = join(runtime.path, 'credential');
  const hash = await hashPassword(ACCOUNT.password, wire.ports);
  await writeFile(oemString, accountCredential(ACCOUNT.name, hash), { mode: 0o600 });
  const variables = join(runtime.path, 'variables.fd');
  if (firmware === 'uefi') await copyFile(PC.gate.flash.variables.path, variables);
  const lines: string[] = [];
  const netdev = await wire.tap(name);
  const more = second === undefined ? [] : await secondCard(wire, name, second);
  const machine: Machine = stack.use(
    createMachine(wire.ports, {
      argv: ({ capture }) =>
        prepared(
          [
            ...qemuArgv({
              firmware,
              accelerator: 'tcg',
              mac,
              netdev,
              optionRom: firmware === 'bios',
              capture,
              oemString,
              ...(firmware === 'uefi' ? { variables } : {}),
            }),
            ...more,
          ],
          options,
        ),
      runtime,
      capture: join(runtime.path, 'network.pcap'),
      onConsoleLine: (line) => void lines.push(line),
      onConsolePartial: () => undefined,
      onToolLine: (line) => void lines.push(`qemu: ${line}`),
    }),
  );
  const rest = stack.move();
  return drivenBy(machine, {
    name,
    lines,
    bounds: DEFAULT_BOUNDS,
    signal,
    off: () => rest[Symbol.asyncDispose](),
  });
}

interface Driven {
  readonly name: string;
  readonly lines: readonly string[];
  readonly bounds: GateBounds;
  readonly signal: AbortSignal;
  readonly off: () => Promise<void>;
}

/** The machine, at whose console somebody sits that has {@link ACCOUNT}. */
export function drivenBy(machine: Machine, { name, lines, bounds, signal, off }: Driven): ClientMachine {
  const shell = async () => {
    const { console } = machine;
    await awaitLogin(console, PROMPT, bounds.boot, signal);
    return logIn(ACCOUNT, { console, prompt: PROMPT, signal, patience: bounds.command });
  };
  /** A wait that ends badly is told with what the machine said last. */
  const told = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw new Error(`${name}: ${String(error)}\n${lines.slice(-40).join('\n')}`, { cause: error });
    }
  };
  const stop = async (session: Session, command: string) => {
    machine.forgetStops();
    session.type(command);
    await machine.stopped({ patience: bounds.shutdown, what: `the end of ${command}`, signal });
  };
  return {
    lines,
    boot: async () => {
      await machine.powerOn();
      return told(shell());
    },
    powerOn: () => machine.powerOn(),
    shows: async (pattern) => {
      const bound = { patience: bounds.boot, what: String(pattern), signal };
      await told(machine.console.expect(pattern, bound));
    },
    type: (text) => machine.console.send(text),
    reboot: async (session) => {
      await told(stop(session, 'systemctl reboot'));
      machine.console.skip();
      await machine.comeBack();
      return told(shell());
    },
    powerOff: (session) => told(stop(session, 'systemctl poweroff')),
    [Symbol.asyncDispose]: off,
  };
}
