/** The command line of the machine that plays a Raspberry Pi from its kernel on (qemu(1), "Raspberry Pi boards"). */
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import type { Argv } from '../../base/ports.js';
import { CAPTURE_BYTES, NETDEV, QMP_SOCKET, SERIAL, SERIAL_CHARDEV, value } from '../qemu.js';
import type { Loaded } from './firmware.js';

export interface PiQemuOptions {
  readonly loaded: Loaded;
  readonly mac: string;
  /** The network's `-netdev`, with the id {@link NETDEV}. */
  readonly netdev: string;
  /** File that all packets go to. */
  readonly capture: string;
  /** What follows the release's command line: an account for the console. */
  readonly append: string;
}

/** It starts halted, as that of a PC. Its card is a USB one, as that of the board is; the board's own is not emulated. */
export function piQemuArgv({ loaded, mac, netdev, capture, append }: PiQemuOptions): Argv {
  const { kernel, deviceTree, initramfs, commandLine } = loaded;
  return [
    RASPBERRY_PI.gate.tool,
    '-nodefaults',
    '-no-user-config',
    '-S',
    // After a reset its firmware comes first.
    ...['-action', 'reboot=shutdown,shutdown=pause'],
    ...['-machine', RASPBERRY_PI.gate.machine],
    ...['-accel', 'tcg,thread=multi,tb-size=512'],
    ...['-display', 'none'],
    ...['-kernel', kernel],
    ...(deviceTree === undefined ? [] : ['-dtb', deviceTree]),
    ...(initramfs === undefined ? [] : ['-initrd', initramfs]),
    ...['-append', `${commandLine} ${append}`],
    // The first serial port is the PL011, where Bluetooth is; the console is the second.
    ...['-serial', 'null'],
    ...['-chardev', SERIAL_CHARDEV],
    ...['-serial', `chardev:${SERIAL}`],
    ...['-qmp', `unix:${QMP_SOCKET},server=on,wait=off`],
    ...['-netdev', netdev],
    ...['-device', `usb-net,netdev=${NETDEV},mac=${mac}`],
    ...['-object', `filter-dump,id=capture,netdev=${NETDEV},file=${value(capture)},maxlen=${CAPTURE_BYTES}`],
  ];
}
