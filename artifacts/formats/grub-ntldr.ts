/**
 * GRUB that starts the boot manager of Windows on a machine with a BIOS: no menu, no configuration on the disk. Called for LUNs of
 * an installer, whose own boot sector is Microsoft's and is not on its disc.
 * Facts: GRUB 2.06 grub-core/loader/i386/pc/ntldr.c; a prefix without a disk takes the one that GRUB was started from.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from '../../base/ports.js';
import { type GrubFormat, grubFolder } from './grub.js';

const FORMAT: GrubFormat = 'i386-pc';
const MODULES = ['biosdisk', 'part_msdos', 'fat', 'ntldr', 'boot'] as const;

/** What it starts, on the file system that it was told of. */
export const BOOT_MANAGER = 'bootmgr';

/**
 * Links a core image that loads `/bootmgr` of the first partition of its own disk, and returns its path.
 * @param scratch a private folder
 * @throws Failure from grub-mkimage
 */
export async function makeNtldrGrub(run: Ports['run'], scratch: string): Promise<string> {
  const [config, image] = [join(scratch, 'ntldr.cfg'), join(scratch, 'ntldr.img')];
  await writeFile(config, `ntldr /${BOOT_MANAGER}\nboot\n`);
  await run(
    [
      'grub-mkimage',
      ...['--directory', grubFolder(FORMAT).path],
      ...['--format', FORMAT],
      ...['--output', image],
      ...['--prefix', '(,msdos1)/boot/grub'],
      ...['--config', config],
      ...MODULES,
    ],
    { doing: 'link GRUB for the boot manager of Windows' },
  );
  return image;
}
