/** What the boot gate is asked, and what it needs of its host. */
import { PC } from '../artifacts/platform/pc.js';
import type { Cell, HostFile } from '../artifacts/platform/platform.js';
import { RASPBERRY_PI } from '../artifacts/platform/raspberry-pi.js';
import type { Manifest } from '../artifacts/release/manifest.js';
import type { Patience } from './patience.js';
import type { Accelerator } from './qemu.js';

/** How long the gate waits for a client. */
export interface GateBounds {
  /** From power-on or reset to the login prompt. */
  readonly boot: Patience;
  /** From the command to the reset or the power-off. */
  readonly shutdown: Patience;
  /** For one answer at the console. */
  readonly command: Patience;
  /** Part of a run that the host may owe the client before what the client's own clocks made of it decides nothing. */
  readonly mostOwed: number;
}

/** More than the 90 s that systemd waits for a device or a job that hangs: then it says itself what is missing. */
const IDLE = 120;
/** Under software emulation nothing of a boot works as long without a sign, not even the making of keys. */
const SILENT = 120;

/** The work is ten times what software emulation needs. */
export const DEFAULT_BOUNDS: GateBounds = {
  boot: { idle: IDLE, silent: SILENT, work: 600, wall: 3600 },
  shutdown: { idle: IDLE, silent: SILENT, work: 300, wall: 1800 },
  command: { idle: IDLE, silent: SILENT, work: 300, wall: 1800 },
  mostOwed: 0.5,
};

/** A board of four processors, all of them emulated, whose card is a USB one: QEMU works ten times as much for a boot. */
const PI_BOUNDS: GateBounds = {
  boot: { idle: IDLE, silent: 600, work: 6000, wall: 10800 },
  shutdown: { idle: IDLE, silent: 600, work: 3000, wall: 5400 },
  command: { idle: IDLE, silent: 600, work: 3000, wall: 5400 },
  // At its best it is slower than a unit's times are meant for.
  mostOwed: 0.1,
};

export function boundsOf({ firmware }: Pick<Cell, 'firmware'>): GateBounds {
  return firmware === 'pi3' ? PI_BOUNDS : DEFAULT_BOUNDS;
}

export interface GateRequest {
  /** Absolute path of the release's folder; nothing in it is written. */
  readonly release: string;
  readonly manifest: Manifest;
  /** The manifest's sha256. */
  readonly digest: string;
  readonly cell: Cell;
  readonly accelerator: Accelerator;
  /** `tap` and `user` insist; default `auto`: a tap device where one can be had. */
  readonly network?: 'auto' | 'tap' | 'user';
  /** Absolute path of a folder that keeps console log, server logs, packet capture and screenshots. */
  readonly evidence: string;
  /** Absolute path of a private folder with room for the allocated size of the disk; what the cell leaves in it is of no use. */
  readonly scratch: string;
  readonly bounds?: GateBounds;
  /** Whether a system that was booted shows reboot and power-off too; default true. */
  readonly reboot?: boolean;
}

export interface ToolNeed {
  readonly name: string;
  /** Debian's package. */
  readonly package: string;
  readonly min?: string;
}

const TOOLS: readonly ToolNeed[] = [
  { name: 'dnsmasq', package: 'dnsmasq-base' },
  { name: 'tgtd', package: 'tgt' },
  { name: 'ip', package: 'iproute2' },
  { name: 'mkfifo', package: 'coreutils' },
  { name: 'mount', package: 'mount' },
  { name: 'umount', package: 'mount' },
  { name: 'openssl', package: 'openssl' },
  { name: 'e2fsck', package: 'e2fsprogs' },
  { name: 'dpkg-query', package: 'dpkg' },
];

/** To plug in a machine that plays the firmware. */
const PI_TOOLS: readonly ToolNeed[] = [
  { name: 'unshare', package: 'util-linux' },
  { name: 'nsenter', package: 'util-linux' },
];

/** Programs that a cell needs on the host. */
export function bootGateTools({ firmware }: Pick<Cell, 'firmware'>): readonly ToolNeed[] {
  const pi = firmware === 'pi3';
  const { tool, package: debianPackage } = pi ? RASPBERRY_PI.gate : PC.gate;
  return [{ name: tool, package: debianPackage, min: '7.2' }, ...TOOLS, ...(pi ? PI_TOOLS : [])];
}

/** Other files that a cell needs on the host. */
export function bootGateFiles(cell: Cell): readonly HostFile[] {
  if (cell.firmware === 'pi3') return [];
  const { firmware, pxelinuxProgram, gate } = PC;
  const ipxe = [firmware.bios.program, firmware.uefi.program, pxelinuxProgram];
  return cell.firmware === 'uefi' ? [...ipxe, gate.flash.code, gate.flash.variables] : ipxe;
}
