/**
 * wimboot, which starts WinPE out of memory: what it is, and by which script iPXE hands it its files
 * (ipxe.org/appnote/wimboot_architecture). Debian has no package of it.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { ipxeScript } from './ipxe.js';

/** Its files by the names that it knows, and where a medium of Windows has them. What else it needs it takes out of the WIM. */
export const WIMBOOT_FILES = [
  { name: 'BCD', medium: 'boot/bcd' },
  { name: 'boot.sdi', medium: 'boot/boot.sdi' },
  { name: 'boot.wim', medium: 'sources/boot.wim' },
] as const;
/** wimboot itself, beside them. */
export const WIMBOOT = 'wimboot';

/** Both are loaded as a Linux kernel is: its header (Linux Documentation/arch/x86/boot.rst), and that of a PE for UEFI. */
const MAGICS = [
  { at: 0, magic: 'MZ' },
  { at: 0x202, magic: 'HdrS' },
] as const;

/** Whether a file has the headers of wimboot; those of a Linux kernel are the same. */
export function looksLikeWimboot(path: string): boolean {
  const head = Buffer.alloc(0x206);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, head, 0, head.length, 0);
  } finally {
    closeSync(fd);
  }
  return MAGICS.every(({ at, magic }) => head.toString('latin1', at, at + magic.length) === magic);
}

/**
 * The script that starts it, with all files beside the script. It ends with an error where that does not work. A BIOS is told the name of a
 * file by what follows its address, a UEFI by `--name`.
 */
export function wimbootScript(): string {
  return ipxeScript([
    '# Starts WinPE out of memory. What is hooked as a drive before stays so, and stands in the iBFT.',
    'imgfree',
    `kernel ${WIMBOOT} || goto failed`,
    ...WIMBOOT_FILES.map(({ name }) => `initrd --name ${name} ${name} ${name} || goto failed`),
    'boot || goto failed',
    ':failed',
    'imgfree',
    'exit 1',
  ]);
}
