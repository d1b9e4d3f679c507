/** What an initramfs has to hold, by patterns of the paths in it. */

export interface Part {
  /** For messages: `the program iscsistart`. */
  readonly what: string;
  readonly path: RegExp;
}

/** A kernel module, which may be compressed. @param name as its file has it */
export function kernelModule(name: string): Part {
  return { what: `the kernel module ${name}`, path: new RegExp(`/${name}\\.ko(?:\\.(?:xz|zst|gz))?$`) };
}

/**
 * What of it is not there.
 * @param listing paths in the initramfs
 * @param builtin text of the kernel's modules.builtin
 */
export function lacking(needed: readonly Part[], listing: readonly string[], builtin: string): string[] {
  const there = [...listing, ...builtin.split('\n')];
  return needed.filter(({ path }) => !there.some((entry) => path.test(entry))).map(({ what }) => what);
}
