/** What a platform is: a kind of machine, and the ways in which it gets from power-on to its root. */
import type { GrubFormat } from '../formats/grub.js';

/** `pi3`: what a Raspberry Pi 3 has in its ROM and loads by TFTP. */
export const FIRMWARE = ['bios', 'uefi', 'pi3'] as const;
export type Firmware = (typeof FIRMWARE)[number];

/** `san`: iPXE boots the LUN as a disk. `direct`: iPXE loads kernel and initramfs. `tftp`: the firmware does, by TFTP. */
export const BOOT_METHODS = ['san', 'direct', 'tftp'] as const;
export type BootMethod = (typeof BOOT_METHODS)[number];

/** `right`: boots to login. `wrong`: the CHAP secret is wrong, and the boot must fail at the login to the target. */
export const SECRETS = ['right', 'wrong'] as const;

/** One boot of the matrix. */
export interface Cell {
  readonly firmware: Firmware;
  readonly path: BootMethod;
  readonly secret: (typeof SECRETS)[number];
}

/** Every firmware of a platform boots by every method of it. */
export interface Matrix {
  readonly firmware: readonly Firmware[];
  readonly methods: readonly BootMethod[];
}

/** A file of the host, and Debian's package that holds it. */
export interface HostFile {
  readonly path: string;
  readonly package: string;
}

/** The boot loaders of an architecture. */
export interface ArchitectureFacts {
  /** GRUB for a BIOS; absent: such machines have none. */
  readonly biosGrub?: 'i386-pc';
  readonly uefiGrub: Exclude<GrubFormat, 'i386-pc'>;
  /** The removable path of the UEFI specification (2.10, 3.5.1.1), which firmware boots without any entry in its NVRAM. */
  readonly efiBootFile: string;
  readonly systemdBoot: HostFile;
}

export interface FirmwareFacts {
  /** What DHCP option 93 says of it (RFC 4578 section 2.1). */
  readonly dhcpArchitectures: readonly number[];
  /** The same where it boots by HTTP; absent: it does not. */
  readonly httpArchitectures?: readonly number[];
  /** The iPXE that a plain PXE ROM of it is handed. */
  readonly program: HostFile;
}

/** The machine of the boot gate, by QEMU's words. */
export interface GateMachine {
  readonly tool: string;
  /** Debian's package that has the tool. */
  readonly package: string;
  readonly machine: string;
  /** Whether the KVM of a host can run it. */
  readonly kvm: boolean;
  /** The device that the kernel calls the serial port that is its console. */
  readonly serial: string;
}

/** What every platform tells of itself. */
export interface Platform {
  readonly matrix: Matrix;
  readonly gate: GateMachine;
}

/**
 * The cells of a platform: every firmware by every boot method with the right secret, then every boot method once with a wrong one:
 * the target refuses a secret in the same way whatever firmware asked, so one firmware shows it.
 */
export function cellsOf({ firmware, methods }: Matrix): Cell[] {
  const cells = (which: readonly Firmware[], secret: Cell['secret']) =>
    methods.flatMap((path) => which.map((each): Cell => ({ firmware: each, path, secret })));
  return [...cells(firmware, 'right'), ...cells(firmware.slice(0, 1), 'wrong')];
}

/** A boot method, and the firmware whose machines boot by it. */
export interface BootWay {
  readonly method: BootMethod;
  readonly firmware: readonly Firmware[];
}

/** The smallest part of the matrix that shows both firmwares, both methods and a refusal. */
export const CORE_CELLS: readonly Cell[] = [
  { firmware: 'bios', path: 'san', secret: 'right' },
  { firmware: 'uefi', path: 'direct', secret: 'right' },
  { firmware: 'bios', path: 'san', secret: 'wrong' },
];

/** `bios-san`, `uefi-direct`, `bios-san-wrong-secret`: the cell's name in events, files and options. */
export function cellName(cell: Cell): string {
  return `${cell.firmware}-${cell.path}${cell.secret === 'wrong' ? '-wrong-secret' : ''}`;
}
