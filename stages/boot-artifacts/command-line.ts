/** Kernel command lines of a release: one for the boot loader on the LUN, one for iPXE. */
import type { DiskSpec } from '../../artifacts/formats/disk-spec.js';
import { rootPartition } from '../lun-image/boot.js';

export interface CommandLines {
  /** For GRUB on the LUN: the client's identity comes from the iBFT. */
  readonly san: readonly string[];
  /** For iPXE, which adds `ip=` and `BOOTIF=`: the identity comes from the client's small cpio. */
  readonly direct: readonly string[];
}

/**
 * How the kernel finds the root and mounts it. A disk that cannot be written to cannot be opened by e2fsck(8) either.
 * @throws Failure of kind `recipe` for a disk without a root
 */
export function rootParameters(disk: DiskSpec): string[] {
  const { overlay } = disk;
  return [
    `root=UUID=${rootPartition(disk).filesystemUuid}`,
    'ro',
    ...(overlay === undefined ? [] : ['fsck.mode=skip']),
  ];
}

/** @param root as {@link rootParameters} has it @param parameters the recipe's, without `root=` */
export function commandLines(root: readonly string[], parameters: readonly string[]): CommandLines {
  return {
    san: [...root, ...parameters],
    direct: [
      ...root,
      ...parameters.filter((parameter) => parameter !== 'iscsi_auto' && !parameter.startsWith('ip=')),
    ],
  };
}
