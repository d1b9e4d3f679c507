/** The command line of the machine that plays the client (qemu(1), QEMU 7.2 and later). */

import { PC } from '../artifacts/platform/pc.js';
import type { Cell } from '../artifacts/platform/platform.js';
import type { Argv } from '../base/ports.js';

export type Accelerator = 'kvm' | 'tcg';

export interface QemuOptions {
  readonly firmware: Cell['firmware'];
  readonly accelerator: Accelerator;
  readonly mac: string;
  /** The network's `-netdev`, with the id {@link NETDEV}. */
  readonly netdev: string;
  /** Whether the card keeps its option ROM, an iPXE; without it UEFI boots by its own PXE. Default true. */
  readonly optionRom?: boolean;
  /** File with a script for an iPXE that takes the place of the card's ROM; for BIOS only. */
  readonly romScript?: string;
  /** File that all packets go to. */
  readonly capture: string;
  /** Private, writable copy of OVMF's variables; for UEFI only. */
  readonly variables?: string;
  /** File with one string for SMBIOS table 11. */
  readonly oemString?: string;
}

export const NETDEV = 'net';
/** The serial port's character device. */
export const SERIAL = 'serial';
/**
 * What it is connected to: `serial.in` and `serial.out` in QEMU's working directory. The kind is meant for two FIFOs, and takes a file
 * as well as one; `file` has no input in QEMU 7.2, and not every board lets its port be connected later.
 */
export const SERIAL_CHARDEV = `pipe,id=${SERIAL},path=${SERIAL}`;
/** A socket in QEMU's working directory. */
export const QMP_SOCKET = 'qmp';

const MEMORY_MIB = 1024;
/** Bytes that are kept of each packet: all headers, and none of the files that go over the wire. */
export const CAPTURE_BYTES = 160;

/** A reset ends QEMU, as a power-off does, and it is started anew. */
export const NO_REBOOT = '-no-reboot';

/** It starts halted, so that nothing of the console is lost; QMP's `cont` is the power button. */
export function qemuArgv(options: QemuOptions): Argv {
  const { firmware, accelerator, mac, netdev, capture, variables, oemString, romScript } = options;
  const rom = options.optionRom === false || romScript !== undefined ? ',romfile=' : '';
  // QEMU gives what it loads itself the index 0.
  const index = romScript === undefined ? 0 : 1;
  return [
    PC.gate.tool,
    '-nodefaults',
    '-no-user-config',
    '-S',
    NO_REBOOT,
    ...['-machine', PC.gate.machine],
    ...accelerate(accelerator),
    ...['-smp', '1'],
    ...['-m', String(MEMORY_MIB)],
    ...(variables === undefined || firmware === 'bios' ? [] : pflash(variables)),
    ...['-display', 'none'],
    ...['-device', 'VGA'],
    ...['-chardev', SERIAL_CHARDEV],
    ...['-serial', `chardev:${SERIAL}`],
    ...['-qmp', `unix:${QMP_SOCKET},server=on,wait=off`],
    ...['-netdev', netdev],
    ...['-device', `virtio-net-pci,netdev=${NETDEV},mac=${mac},bootindex=${index}${rom}`],
    ...(romScript === undefined ? [] : ['-kernel', PC.pxelinuxProgram.path, '-initrd', romScript]),
    ...['-object', `filter-dump,id=capture,netdev=${NETDEV},file=${value(capture)},maxlen=${CAPTURE_BYTES}`],
    ...['-device', 'virtio-rng-pci'],
    ...['-boot', 'strict=on'],
    ...(oemString === undefined ? [] : ['-smbios', `type=11,path=${value(oemString)}`]),
  ];
}

/** Accelerator and processor, as a probe needs them too. */
export function accelerate(accelerator: Accelerator): string[] {
  // Under a hypervisor that hides it, setting this feature's MSR ends QEMU; qemu64 is the fastest model to emulate.
  return accelerator === 'kvm'
    ? ['-accel', 'kvm', '-cpu', 'host,-arch-capabilities']
    : ['-accel', 'tcg,thread=multi,tb-size=512', '-cpu', 'qemu64'];
}

function pflash(variables: string): string[] {
  return [
    ...['-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${PC.gate.flash.code.path}`],
    ...['-drive', `if=pflash,format=raw,unit=1,file=${value(variables)}`],
  ];
}

/** QEMU splits options at commas and takes two for one. */
export function value(text: string): string {
  return text.replaceAll(',', ',,');
}
