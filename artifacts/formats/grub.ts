/**
 * GRUB without a chroot, a mount or a loop device: grub-mkimage(1) links core and modules; the BIOS image is embedded
 * here as grub-bios-setup would, the UEFI image becomes a file of the ESP.
 * Facts: GRUB 2.06 grub-core/boot/i386/pc/{boot,diskboot}.S, include/grub/offsets.h, include/grub/i386/pc/boot.h.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { type DiskLayout, SECTOR } from './disk-layout.js';
import { writeAt } from './sparse.js';

const GRUB_FOLDER = '/usr/lib/grub';
const PREFIX = '(memdisk)/boot/grub';

/** What core needs to find its root, show a menu and start Linux, on any firmware. */
const MODULES = [
  'part_gpt',
  'part_msdos',
  'ext2',
  'fat',
  'memdisk',
  'tar',
  'search',
  'search_fs_uuid',
  'normal',
  'configfile',
  'linux',
  'boot',
  'serial',
  'terminal',
  'test',
  'echo',
  'ls',
  'sleep',
  'halt',
  'reboot',
] as const;

interface GrubFlavour {
  /** Debian's package of its modules. */
  readonly package: string;
  readonly modules: readonly string[];
}

const FLAVOURS = {
  'i386-pc': { package: 'grub-pc-bin', modules: ['biosdisk', 'minicmd'] },
  'x86_64-efi': { package: 'grub-efi-amd64-bin', modules: ['all_video', 'minicmd'] },
  'arm64-efi': { package: 'grub-efi-arm64-bin', modules: ['all_video', 'minicmd'] },
} as const satisfies Record<string, GrubFlavour>;

/** GRUB's name of a platform: `grub-mkimage --format`. */
export type GrubFormat = keyof typeof FLAVOURS;

/** Folder of a platform's modules on the host, and Debian's package that holds it. */
export function grubFolder(format: GrubFormat): { readonly path: string; readonly package: string } {
  return { path: join(GRUB_FOLDER, format), package: FLAVOURS[format].package };
}

export interface GrubImageRequest {
  readonly format: GrubFormat;
  /** Text of grub.cfg. */
  readonly config: string;
  /** More modules, by which it reads other file systems. */
  readonly modules?: readonly string[];
  /** A private folder; files with the format's name are made in it. */
  readonly scratch: string;
}

/**
 * Links GRUB with its configuration inside it (a memdisk), and returns the image's path.
 * @throws Failure of kind `host` when the platform's modules are not installed, else from grub-mkimage.
 */
export async function makeGrubImage(run: Ports['run'], request: GrubImageRequest): Promise<string> {
  const { format, config, modules = [], scratch } = request;
  const file = (suffix: string) => join(scratch, `grub-${format}${suffix}`);
  await readGrubFile(format, 'kernel.img');
  await writeFile(file('.tar'), await memdisk(config));
  await writeFile(file('.cfg'), `set prefix=${PREFIX}\n`);
  const inputs = [
    '--directory',
    grubFolder(format).path,
    '--memdisk',
    file('.tar'),
    '--config',
    file('.cfg'),
  ];
  await run(
    [
      'grub-mkimage',
      ...['--format', format],
      ...['--output', file('.img')],
      ...['--prefix', PREFIX],
      ...inputs,
      ...FLAVOURS[format].modules,
      ...MODULES,
      ...modules,
    ],
    { doing: `link the boot loader GRUB for ${format}` },
  );
  return file('.img');
}

/** A tar of `boot/grub/grub.cfg` with nothing in it that changes from build to build. */
async function memdisk(config: string): Promise<Buffer> {
  const tar = pack();
  const mtime = new Date(0);
  tar.entry({ name: 'boot/', type: 'directory', mode: 0o755, mtime });
  tar.entry({ name: 'boot/grub/', type: 'directory', mode: 0o755, mtime });
  tar.entry({ name: 'boot/grub/grub.cfg', mode: 0o644, mtime }, config);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Where the BIOS core image stands on a disk. */
export interface BiosPlace {
  readonly firstLba: number;
  /** Sectors that it may take. */
  readonly sectors: number;
}

/** The BIOS-boot partition of a GPT, or the gap between an MBR and its first partition; undefined when there is none. */
export function biosPlace(layout: DiskLayout): BiosPlace | undefined {
  if (layout.table === 'gpt') return layout.partitions.find(({ type }) => type === 'bios-boot');
  return { firstLba: 1, sectors: (layout.partitions[0]?.firstLba ?? 1) - 1 };
}

/** Only these bytes of boot.img are code: the disk signature and the partition table follow. */
const BOOT_CODE = 440;
/** boot.S: LBA of core's first sector, 64 bits. */
const BOOT_CORE_LBA = 0x5c;
/** boot.S: a jump over the check of the drive number, which hard disks need not. */
const BOOT_DRIVE_CHECK = 0x66;
/** diskboot.S: the last block list of core's first sector: start LBA, count of sectors, segment. */
const BLOCK_LIST = SECTOR - 12;
/** Segment to which diskboot.S loads what follows it. */
const CORE_SEGMENT = 0x820;

/** The two pieces of GRUB for BIOS that know where they stand. @throws Failure of kind `recipe` when core does not fit. */
export function placeBiosGrub(boot: Buffer, core: Buffer, place: BiosPlace): { boot: Buffer; core: Buffer } {
  const sectors = Math.ceil(core.length / SECTOR);
  if (sectors > place.sectors) {
    throw new Failure('recipe', {
      what: `There is ${(sectors - place.sectors) * SECTOR} bytes too little room for the boot loader GRUB.`,
      expected: `at least ${sectors * SECTOR} bytes`,
      found: `${place.sectors * SECTOR} bytes`,
      hint: 'Make the bios-boot partition 1 MiB or larger.',
    });
  }
  const placedBoot = Buffer.from(boot.subarray(0, BOOT_CODE));
  placedBoot.writeBigUInt64LE(BigInt(place.firstLba), BOOT_CORE_LBA);
  placedBoot.fill(0x90, BOOT_DRIVE_CHECK, BOOT_DRIVE_CHECK + 2);
  const placedCore = Buffer.alloc(sectors * SECTOR);
  core.copy(placedCore);
  placedCore.writeBigUInt64LE(BigInt(place.firstLba + 1), BLOCK_LIST);
  placedCore.writeUInt16LE(sectors - 1, BLOCK_LIST + 8);
  placedCore.writeUInt16LE(CORE_SEGMENT, BLOCK_LIST + 10);
  return { boot: placedBoot, core: placedCore };
}

/** Embeds a core image made by {@link makeGrubImage} for `i386-pc` into a disk image; the partition table stays. */
export async function embedBiosGrub(image: string, corePath: string, place: BiosPlace): Promise<void> {
  const { boot, core } = placeBiosGrub(
    await readGrubFile('i386-pc', 'boot.img'),
    await readFile(corePath),
    place,
  );
  await writeAt(image, place.firstLba * SECTOR, core);
  await writeAt(image, 0, boot);
}

async function readGrubFile(format: GrubFormat, name: string): Promise<Buffer> {
  const { path, package: debianPackage } = grubFolder(format);
  try {
    return await readFile(join(path, name));
  } catch (error) {
    throw new Failure(
      'host',
      {
        what: `GRUB's files for ${format} are missing.`,
        expected: join(path, name),
        hint: `Install them: apt-get install ${debianPackage}`,
      },
      { cause: error },
    );
  }
}
