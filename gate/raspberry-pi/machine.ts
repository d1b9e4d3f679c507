/** A Raspberry Pi as a machine of the gate: each start plays its firmware, and QEMU goes on with the kernel. */
import { join } from 'node:path';
import type { Ports } from '../../base/ports.js';
import { createMachine, type Machine, type MachineOptions } from '../machine.js';
import { bootFirmware, type FirmwareOptions } from './firmware.js';
import { type PiQemuOptions, piQemuArgv, usbCard } from './qemu.js';

export interface PiMachineOptions
  extends Omit<MachineOptions, 'argv'>,
    Pick<PiQemuOptions, 'architecture' | 'netdev' | 'append'>,
    Pick<FirmwareOptions, 'pi' | 'bridge'> {
  /** What the firmware asks for and finds. */
  readonly onFirmwareLine: (line: string) => void;
}

/**
 * What Linux's driver says of QEMU's USB host when it has not heard that a device is there: on a busy machine that news comes before
 * the driver listens, and is not repeated until a device is plugged in.
 */
const CARD_LOST = /dwc2 [0-9a-f]+\.usb: Not connected/;
/** It says so several times of one try. */
const MOST_REPLUGS = 5;

/** The machine, switched off. */
export function piMachine(options: PiMachineOptions, ports: Ports): Machine {
  const { pi, architecture, bridge, netdev, append, onFirmwareLine } = options;
  let replugged = 0;
  const machine = createMachine(ports, {
    ...options,
    argv: async ({ folder, capture }) => {
      replugged = 0;
      const files = join(folder, 'firmware');
      const loaded = await bootFirmware({ pi, bridge, folder: files, onLine: onFirmwareLine }, ports);
      return piQemuArgv({ architecture, loaded, mac: pi.mac, netdev, capture, append });
    },
    onConsoleLine: (line) => {
      options.onConsoleLine(line);
      if (!CARD_LOST.test(line) || replugged === MOST_REPLUGS) return;
      replugged += 1;
      onFirmwareLine(`USB: QEMU’s host has lost the network card; plugged in again (${replugged})`);
      // A machine that is gone meanwhile says so by itself.
      machine.replug(usbCard(pi.mac)).catch((error: unknown) => onFirmwareLine(`USB: ${String(error)}`));
    },
  });
  return machine;
}
