/** What a boot loader is made of, before it has its place on a disk. */
import type { InsertedFile } from '../../../artifacts/formats/ext4-insert.js';
import type { FatFile } from '../../../artifacts/formats/fat.js';
import type { LoaderConfig } from '../../../artifacts/formats/loader-config.js';
import type { SyslinuxParts } from '../../../artifacts/formats/syslinux/install.js';
import type { Ports } from '../../../base/ports.js';
import type { RecipeFacts } from '../../../pipeline/stage.js';
import type { Distribution } from '../../distribution/distribution.js';

export interface LoaderSource extends Pick<Ports, 'run'> {
  readonly recipe: RecipeFacts;
  readonly distribution: Distribution;
  readonly rootfs: string;
  /** A private folder. */
  readonly scratch: string;
  /** Its paths are those of the file system of /boot, else of the root. */
  readonly config: LoaderConfig;
}

export interface LinkedLoader {
  /** Path of GRUB's core image for BIOS. */
  readonly biosCore?: string;
  /** Code of sector 0 that starts the active partition. */
  readonly bootCode?: Buffer;
  /** Files of its FAT. */
  readonly fatFiles?: readonly FatFile[];
  /** A boot loader in the file system of /boot, else of the root. */
  readonly extlinux?: Extlinux;
}

export interface Extlinux {
  readonly parts: SyslinuxParts;
  /** Of its files, as their file system has it. */
  readonly folder: string;
  /** Padded: it takes the place of any other. */
  readonly config: Buffer;
  readonly files: readonly InsertedFile[];
}
