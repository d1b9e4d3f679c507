/** Kernel command lines of a release: one for the boot loader on the LUN, one for iPXE. */

export interface CommandLines {
  /** For GRUB on the LUN: the client's identity comes from the iBFT. */
  readonly san: readonly string[];
  /** For iPXE, which adds `ip=` and `BOOTIF=`: the identity comes from the client's small cpio. */
  readonly direct: readonly string[];
}

/** @param parameters the recipe's, without `root=` */
export function commandLines(rootUuid: string, parameters: readonly string[]): CommandLines {
  const root = [`root=UUID=${rootUuid}`, 'ro'];
  return {
    san: [...root, ...parameters],
    direct: [
      ...root,
      ...parameters.filter((parameter) => parameter !== 'iscsi_auto' && !parameter.startsWith('ip=')),
    ],
  };
}
