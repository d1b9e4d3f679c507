/**
 * Shell that brings a folder and all below it to the disk, and fails when the disk does. A sync(1) that knows no `-f` (before
 * coreutils 8.24, or a small busybox) writes everything that the machine has; /dev/null costs nothing to ask it by.
 * @param folder a word of the shell
 */
export function syncFolder(folder: string): string {
  return `if sync -f -- /dev/null 2>/dev/null; then sync -f -- ${folder}; else sync; fi`;
}
