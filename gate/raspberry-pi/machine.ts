/** A Raspberry Pi as a machine of the gate: power-on plays its firmware, and QEMU goes on with the kernel. */
import { join } from 'node:path';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { UndoStack } from '../../base/undo-stack.js';
import { type Machine, type MachineOptions, startMachine } from '../machine.js';
import { createVitals } from '../vitals.js';
import { bootFirmware, type FirmwareOptions } from './firmware.js';
import { type PiQemuOptions, piQemuArgv } from './qemu.js';

export interface PiMachineOptions
  extends Omit<MachineOptions, 'argv'>,
    Pick<PiQemuOptions, 'netdev' | 'append'>,
    Pick<FirmwareOptions, 'pi' | 'bridge'> {
  /** What the firmware asks for and finds. */
  readonly onFirmwareLine: (line: string) => void;
}

/**
 * The machine, switched off. A reset goes on with the kernel that was loaded at power-on: QEMU has no firmware to go back to.
 */
export function piMachine(options: PiMachineOptions, ports: Ports): Machine {
  const stack = new UndoStack();
  const off = createVitals([]);
  let running: Machine | undefined;
  const on = () => {
    if (running !== undefined) return running;
    throw new Failure('internal', { what: 'The Raspberry Pi is off.' });
  };
  return {
    get console() {
      return on().console;
    },
    powerOn: async () => {
      const { pi, bridge, runtime, netdev, capture, append, onFirmwareLine } = options;
      const folder = join(runtime.path, 'firmware');
      const loaded = await bootFirmware({ pi, bridge, folder, onLine: onFirmwareLine }, ports);
      const argv = piQemuArgv({ loaded, mac: pi.mac, netdev, capture, append });
      running = stack.use(await startMachine(ports, { ...options, argv }));
      await running.powerOn();
    },
    vitals: () => (running?.vitals ?? off)(),
    screenshot: async (file) => on().screenshot(file),
    forgetStops: () => on().forgetStops(),
    stopped: async (bound) => on().stopped(bound),
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}
