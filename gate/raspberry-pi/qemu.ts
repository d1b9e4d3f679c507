/** The command line of the machine that plays a Raspberry Pi from its kernel on (qemu(1), "Raspberry Pi boards"). */
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import type { Argv } from '../../base/ports.js';
import type { Device } from '../machine.js';
import { CAPTURE_BYTES, NETDEV, NO_REBOOT, QMP_SOCKET, SERIAL, SERIAL_CHARDEV, value } from '../qemu.js';
import type { Loaded } from './firmware.js';

export interface PiQemuOptions {
  /** Of the release. */
  readonly architecture: string;
  readonly loaded: Loaded;
  readonly mac: string;
  /** The network's `-netdev`, with the id {@link NETDEV}. */
  readonly netdev: string;
  /** File that all packets go to. */
  readonly capture: string;
  /** What follows the release's command line: an account for the console. */
  readonly append: string;
}

/**
 * The emulated board is slower than systemd's times are meant for, without being at fault: its patience, which asks for signs and not for
 * speed, is the gate's to have. So units may start for half an hour (systemd-system.conf(5)); and since the 90 s of a device cannot be
 * changed from here before systemd 254, the login on the console is the one that waits for no device (systemd-getty-generator(8)).
 */
const UNHURRIED = [
  'systemd.default_timeout_start_sec=1800',
  'systemd.getty_auto=no',
  'systemd.wants=console-getty.service',
].join(' ');

/**
 * What QEMU's board has not is not looked for: VideoCore, whose driver leaves a thread in freed memory when nothing answers (`vchiq-sync`, seen
 * to oops in Linux 6.1), its graphics, and Bluetooth. All of them are read over the emulated network card first, which takes a minute.
 */
const NOT_THERE = 'module_blacklist=vchiq,vc4,v3d,hci_uart,snd_bcm2835,bcm2835_v4l2';

/** It starts halted, as that of a PC. Its card is a USB one, as that of the board is; the board's own is not emulated. */
export function piQemuArgv({ architecture, loaded, mac, netdev, capture, append }: PiQemuOptions): Argv {
  const { kernel, deviceTree, initramfs, commandLine } = loaded;
  return [
    RASPBERRY_PI.gate.tool,
    '-nodefaults',
    '-no-user-config',
    '-S',
    NO_REBOOT,
    ...['-machine', boardOf(architecture)],
    ...['-accel', 'tcg,thread=multi,tb-size=512'],
    ...['-display', 'none'],
    ...['-kernel', kernel],
    ...(deviceTree === undefined ? [] : ['-dtb', deviceTree]),
    ...(initramfs === undefined ? [] : ['-initrd', initramfs]),
    ...['-append', `${commandLine} ${append} ${NOT_THERE} ${UNHURRIED}`],
    // The first serial port is the PL011, where Bluetooth is; the console is the second.
    ...['-serial', 'null'],
    ...['-chardev', SERIAL_CHARDEV],
    ...['-serial', `chardev:${SERIAL}`],
    ...['-qmp', `unix:${QMP_SOCKET},server=on,wait=off`],
    ...['-netdev', netdev],
    ...[
      '-device',
      Object.entries(usbCard(mac))
        .map(([name, value]) => (name === 'driver' ? value : `${name}=${value}`))
        .join(','),
    ],
    ...['-object', `filter-dump,id=capture,netdev=${NETDEV},file=${value(capture)},maxlen=${CAPTURE_BYTES}`],
  ];
}

/** The board's network card, straight in the one port of its USB host. */
export function usbCard(mac: string): Device {
  return { driver: 'usb-net', id: 'card', netdev: NETDEV, mac, port: '1' };
}

/** QEMU's board of 64 bits starts no kernel of 32: these boot on the one that came before it, whose devices are the same. */
function boardOf(architecture: string): string {
  return architecture === 'armhf' ? RASPBERRY_PI.gate.board32 : RASPBERRY_PI.gate.machine;
}
