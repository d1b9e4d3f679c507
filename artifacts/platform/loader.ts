/** The boot loaders that a LUN may hold, and which firmware starts them. */
import type { PcFirmware } from './pc.js';

/** `none`: nothing on the LUN starts a kernel; iPXE, or a firmware of its own, hands it to the machine. */
export const LOADERS = ['grub', 'extlinux', 'syslinux', 'systemd-boot', 'none'] as const;
export type LoaderName = (typeof LOADERS)[number];

export const LOADER_FIRMWARE: Readonly<Record<LoaderName, readonly PcFirmware[]>> = {
  grub: ['bios', 'uefi'],
  extlinux: ['bios'],
  syslinux: ['bios'],
  'systemd-boot': ['uefi'],
  none: [],
};

export const LOADER_TITLES: Readonly<Record<LoaderName, string>> = {
  grub: 'GRUB',
  extlinux: 'EXTLINUX',
  syslinux: 'SYSLINUX',
  'systemd-boot': 'systemd-boot',
  none: 'no boot loader',
};

/** What a recipe says of its boot loader. */
export interface LoaderSpec {
  readonly name: LoaderName;
  /** The firmware of the machines that the release is for; absent: what the loader is for, and can. */
  readonly firmware?: readonly PcFirmware[];
}

export const DEFAULT_LOADER: LoaderSpec = { name: 'grub' };
