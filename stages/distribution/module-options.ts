/** Options of kernel modules that an initramfs shall load. */

/** modprobe.d(5) lines for modules that were given options; undefined without any. */
export function moduleOptionsText(modules: readonly string[]): string | undefined {
  const lines = modules.filter((each) => each.includes(' ')).map((each) => `options ${each}\n`);
  return lines.length === 0 ? undefined : lines.join('');
}
