/** A Raspberry Pi as a machine of the gate: power-on plays its firmware, and QEMU goes on with the kernel. */
import { createReadStream, createWriteStream } from 'node:fs';
import { access, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { type Machine, type MachineOptions, startMachine } from '../machine.js';
import type { Runtime } from '../runtime.js';
import { createVitals } from '../vitals.js';
import { bootFirmware, type FirmwareOptions } from './firmware.js';
import { type PiQemuOptions, piQemuArgv, usbCard } from './qemu.js';

export interface PiMachineOptions
  extends Omit<MachineOptions, 'argv' | 'runtime'>,
    Pick<PiQemuOptions, 'architecture' | 'netdev' | 'append'>,
    Pick<FirmwareOptions, 'pi' | 'bridge'> {
  readonly runtime: Runtime;
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

/**
 * The machine, switched off. After a reset its firmware is played again, as that of a board is: QEMU has none to go back to, and after a
 * reset of its own its USB host sometimes has no device, and the board no network.
 */
export function piMachine(options: PiMachineOptions, ports: Ports): Machine {
  const { pi, architecture, bridge, runtime, netdev, capture, append, onFirmwareLine } = options;
  const off = createVitals([]);
  let running: Machine | undefined;
  let starts = 0;
  const on = () => {
    if (running !== undefined) return running;
    throw new Failure('internal', { what: 'The Raspberry Pi is off.' });
  };
  const captureOf = (start: number) => (start === 1 ? capture : `${capture}-${start}`);
  const switchOff = async () => {
    await running?.[Symbol.asyncDispose]();
    running = undefined;
    if (starts > 1) await addPackets(captureOf(starts), capture);
  };
  const switchOn = async () => {
    starts += 1;
    const place = await folderIn(runtime, `start-${starts}`);
    const folder = join(place.path, 'firmware');
    const loaded = await bootFirmware({ pi, bridge, folder, onLine: onFirmwareLine }, ports);
    const argv = piQemuArgv({
      ...{ architecture, loaded, mac: pi.mac, netdev, capture: captureOf(starts), append },
    });
    let replugged = 0;
    const machine = await startMachine(ports, {
      ...options,
      runtime: place,
      capture: captureOf(starts),
      argv,
      onConsoleLine: (line) => {
        options.onConsoleLine(line);
        if (!CARD_LOST.test(line) || replugged === MOST_REPLUGS) return;
        replugged += 1;
        onFirmwareLine(`USB: QEMU’s host has lost the network card; plugged in again (${replugged})`);
        // A machine that is gone meanwhile says so by itself.
        machine.replug(usbCard(pi.mac)).catch((error: unknown) => onFirmwareLine(`USB: ${String(error)}`));
      },
    });
    running = machine;
    await running.powerOn();
  };
  return {
    get console() {
      return on().console;
    },
    powerOn: switchOn,
    comeBack: async () => {
      await switchOff();
      await switchOn();
    },
    vitals: () => (running?.vitals ?? off)(),
    screenshot: async (file) => on().screenshot(file),
    replug: async (device) => on().replug(device),
    forgetStops: () => on().forgetStops(),
    stopped: async (bound) => {
      const stop = await on().stopped(bound);
      // QEMU was told to halt instead.
      return stop.reason === 'guest-reset' ? { ...stop, event: 'RESET' } : stop;
    },
    [Symbol.asyncDispose]: switchOff,
  };
}

/** Sockets and FIFOs of each start have a folder of their own. */
async function folderIn(runtime: Runtime, name: string): Promise<Pick<Runtime, 'path' | 'shortPath'>> {
  const path = join(runtime.path, name);
  await mkdir(path, { mode: 0o700 });
  return { path, shortPath: join(runtime.shortPath, name) };
}

/** Bytes of a pcap file before its first packet (pcap-savefile(5)). */
const PCAP_HEADER_BYTES = 24;

/** Moves the packets of one capture behind those of another. */
async function addPackets(from: string, to: string): Promise<void> {
  const there = await access(from).then(
    () => true,
    () => false,
  );
  if (!there) return;
  const packets = createReadStream(from, { start: PCAP_HEADER_BYTES });
  await pipeline(packets, createWriteStream(to, { flags: 'a' }));
  await rm(from);
}
