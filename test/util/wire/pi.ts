/** A Raspberry Pi on the wire: its firmware plays, and QEMU goes on with what it loaded. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RASPBERRY_PI } from '../../../artifacts/platform/raspberry-pi.js';
import { UndoStack } from '../../../base/undo-stack.js';
import { accountParameter, hashPassword } from '../../../gate/credentials.js';
import { piMachine } from '../../../gate/raspberry-pi/machine.js';
import { boundsOf } from '../../../gate/request.js';
import { openRuntime } from '../../../gate/runtime.js';
import { ACCOUNT, type ClientMachine, drivenBy } from './client.js';
import type { Wire } from './wire.js';

export interface PiOptions {
  /** Also the name of its tap device. */
  readonly name: string;
  /** All 16 hex digits. */
  readonly serial: string;
  readonly mac: string;
  readonly signal: AbortSignal;
}

export interface PiOnWire extends ClientMachine {
  /** What its firmware asked for and found since it was made. */
  readonly firmware: readonly string[];
}

/** The board is off. */
export async function openPi(wire: Wire, options: PiOptions): Promise<PiOnWire> {
  const { name, serial, mac, signal } = options;
  await using stack = new UndoStack();
  const folder = await mkdtemp(join(tmpdir(), 'lunsmith-pi-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const runtime = stack.use(await openRuntime(folder, wire.ports));
  const lines: string[] = [];
  const firmware: string[] = [];
  const machine = stack.use(
    piMachine(
      {
        pi: { model: RASPBERRY_PI.gate.model, serial, mac },
        architecture: 'arm64',
        bridge: wire.bridge,
        netdev: await wire.tap(name),
        append: accountParameter(ACCOUNT.name, await hashPassword(ACCOUNT.password, wire.ports)),
        runtime,
        capture: join(runtime.path, 'network.pcap'),
        onFirmwareLine: (line) => void firmware.push(line),
        onConsoleLine: (line) => void lines.push(line),
        onConsolePartial: () => undefined,
        onToolLine: (line) => void lines.push(`qemu: ${line}`),
      },
      wire.ports,
    ),
  );
  const rest = stack.move();
  const bounds = boundsOf({ firmware: 'pi3' });
  const driven = drivenBy(machine, { name, lines, bounds, signal, off: () => rest[Symbol.asyncDispose]() });
  return { ...driven, firmware };
}
