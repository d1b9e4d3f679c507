/**
 * SYSLINUX in a disk image, nothing mounted. On FAT its own installer does it; for another file system its parts are taken from
 * a FAT that is made for it, since core, boot sector and `ldlinux.c32` have to be of one build.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../../base/failure.js';
import type { Ports } from '../../../base/ports.js';
import { type DiskLayout, MIB, SECTOR } from '../disk-layout.js';
import { makeFat } from '../fat.js';
import { readAt } from '../sparse.js';
import type { Ldlinux } from './ldlinux.js';

/** Debian's package, and the folder of its boot code. */
export const SYSLINUX_PACKAGE = 'syslinux';
const FOLDER = '/usr/lib/SYSLINUX';
/** Only these bytes of sector 0 are code: the disk signature and the partition table follow. */
const BOOT_CODE = 440;

/** The code that starts the active partition of a table. */
export function bootCodePath(table: DiskLayout['table']): string {
  return join(FOLDER, table === 'gpt' ? 'gptmbr.bin' : 'mbr.bin');
}

/** @throws Failure of kind `host` when the package is not installed, `integrity` when the code is too long */
export async function readBootCode(table: DiskLayout['table']): Promise<Buffer> {
  const path = bootCodePath(table);
  const code = await readFile(path).catch((error: unknown) => {
    throw new Failure(
      'host',
      {
        what: "SYSLINUX's boot code is missing.",
        expected: path,
        hint: `Install it: apt-get install ${SYSLINUX_PACKAGE}`,
      },
      { cause: error },
    );
  });
  if (code.length <= BOOT_CODE) return code;
  throw new Failure('integrity', {
    what: `${path} is no boot code of a partitioned disk.`,
    expected: `at most ${BOOT_CODE} bytes`,
    found: `${code.length} bytes`,
  });
}

interface SyslinuxPlace {
  /** Path of the file that holds the FAT file system, and nothing else. */
  readonly file: string;
  /** A folder that is there, or the root: `/syslinux`. */
  readonly directory: string;
  /** Seconds since 1970. */
  readonly epoch: number;
}

/** Installs SYSLINUX in a FAT file system; the same twice gives the same bytes. @throws Failure from the installer */
export async function installSyslinux(
  run: Ports['run'],
  { file, directory, epoch }: SyslinuxPlace,
): Promise<void> {
  await run(['syslinux', '--install', '--directory', directory, file], {
    doing: 'install the boot loader SYSLINUX',
    // It calls mtools(1).
    env: { SOURCE_DATE_EPOCH: String(epoch) },
  });
}

export interface SyslinuxParts extends Ldlinux {
  /** `ldlinux.c32`. */
  readonly module: Buffer;
}

/** The parts of the host's SYSLINUX. @param scratch a private folder @throws Failure from the tools */
export async function syslinuxParts(run: Ports['run'], scratch: string): Promise<SyslinuxParts> {
  const file = join(scratch, 'syslinux.fat');
  await makeFat(run, {
    ...{ offset: 0, bytes: 4 * MIB, file, label: 'syslinux', volumeId: '0000-0000', epoch: 0, files: [] },
  });
  await installSyslinux(run, { file, directory: '/', epoch: 0 });
  const take = async (name: string) => {
    const path = join(scratch, name);
    await run(['mcopy', '-n', '-i', file, `::/${name}`, path], {
      doing: `take ${name} out of an installed SYSLINUX`,
      env: { MTOOLSRC: '/dev/null', MTOOLS_SKIP_CHECK: '1' },
    });
    return readFile(path);
  };
  return {
    core: await take('ldlinux.sys'),
    module: await take('ldlinux.c32'),
    boot: await readAt(file, 0, SECTOR),
  };
}
