/**
 * Tells SYSLINUX's core where it lies: its boot sector loads the first sector of `ldlinux.sys`, which loads the others by a
 * table of extents. What the installer `extlinux` does of a mounted file system is done here of sector numbers alone.
 * Facts: SYSLINUX 6.04 core/diskstart.inc, core/diskfs.inc, libinstaller/syslxmod.c, libinstaller/syslxint.h.
 */
import { Failure } from '../../../base/failure.js';
import { SECTOR } from '../disk-layout.js';

/** Begins the patch area, on a border of four bytes. */
const MAGIC = 0x3eb202fe;
/** Of the patch area, bytes from its magic. */
const DATA_SECTORS = 8;
const ADV_SECTORS = 10;
const DWORDS = 12;
const CHECKSUM = 16;
const EXTENDED = 22;
/** Of the extended patch area: ten numbers of 16 bits, of which these are used. */
const FIELDS = [
  'advPointer',
  'directory',
  'directoryLength',
  'subvolume',
  'subvolumeLength',
  'extents',
  'extentCount',
  /** Of the boot sector. */
  'firstSectorLow',
  'firstSectorHigh',
] as const;
const EXTENT = 10;
/** The longest that one read of 64 KiB transfers. */
const LONGEST_EXTENT = 127;

/** The parts of an installed SYSLINUX that know where they lie. */
export interface Ldlinux {
  /** `ldlinux.sys` with the two sectors at its end that hold its auxiliary data vector (ADV). */
  readonly core: Buffer;
  /** The boot sector of the file system. */
  readonly boot: Buffer;
}

export interface LdlinuxPlace {
  /** LBA of each sector of `ldlinux.sys`, counted from the start of the partition. */
  readonly sectors: readonly number[];
  /** The folder of `ldlinux.c32` and of the configuration: `/boot/extlinux`. */
  readonly directory: string;
}

/** @throws Failure of kind `integrity` for what is no `ldlinux.sys` of the kind that is known */
export function placeLdlinux(files: Ldlinux, { sectors, directory }: LdlinuxPlace): Ldlinux {
  const { area, fields, dataSectors, dwords } = findPatchArea(files.core);
  const [core, boot] = [Buffer.from(files.core), Buffer.from(files.boot)];
  const [first, ...rest] = sectors.slice(0, dataSectors);
  const vectors = sectors.slice(dataSectors);
  if (first === undefined || sectors.length !== core.length / SECTOR)
    throw unknownCore(`${core.length / SECTOR} sectors`, `${sectors.length}`);
  boot.writeUInt32LE(first % 2 ** 32, fields.firstSectorLow);
  boot.writeUInt32LE(Math.floor(first / 2 ** 32), fields.firstSectorHigh);
  const extents = extentsOf(rest);
  if (extents.length > fields.extentCount)
    throw unknownCore(`at most ${fields.extentCount} extents`, `${extents.length}`);
  blankExtents(core, 0);
  extents.forEach(({ start, length }, index) => {
    const at = fields.extents + index * EXTENT;
    core.writeBigUInt64LE(BigInt(start), at);
    core.writeUInt16LE(length, at + 8);
  });
  vectors.forEach((sector, index) => core.writeBigUInt64LE(BigInt(sector), fields.advPointer + index * 8));
  core.fill(0, fields.directory, fields.directory + fields.directoryLength);
  core.write(directory, fields.directory, fields.directoryLength - 1, 'latin1');
  core.writeUInt32LE(0, area + CHECKSUM);
  core.writeUInt32LE(checksumOf(core, dwords), area + CHECKSUM);
  return { core, boot };
}

/**
 * A copy of `ldlinux.sys` whose table of extents is full of ones: in a file that is still to be placed, a block of zeros would
 * become a hole.
 */
export function unplaced(core: Buffer): Buffer {
  const copy = Buffer.from(core);
  blankExtents(copy, 0xff);
  return copy;
}

function blankExtents(core: Buffer, value: number): void {
  const { fields } = findPatchArea(core);
  core.fill(value, fields.extents, fields.extents + fields.extentCount * EXTENT);
}

/** Runs of sectors that lie one after the other. */
export function extentsOf(sectors: readonly number[]): { start: number; length: number }[] {
  const extents: { start: number; length: number }[] = [];
  for (const sector of sectors) {
    const last = extents.at(-1);
    if (last !== undefined && sector === last.start + last.length && last.length < LONGEST_EXTENT)
      last.length += 1;
    else extents.push({ start: sector, length: 1 });
  }
  return extents;
}

/** So that all dwords of the core without its ADV come to the magic. */
function checksumOf(core: Buffer, dwords: number): number {
  let sum = MAGIC;
  for (let index = 0; index < dwords; index += 1) sum = (sum - core.readUInt32LE(index * 4)) >>> 0;
  return sum;
}

function findPatchArea(core: Buffer) {
  for (let area = 0; area + EXTENDED + 2 <= core.length; area += 4) {
    if (core.readUInt32LE(area) !== MAGIC) continue;
    const extended = core.readUInt16LE(area + EXTENDED);
    const [dataSectors, advSectors] = [
      core.readUInt16LE(area + DATA_SECTORS),
      core.readUInt16LE(area + ADV_SECTORS),
    ];
    if ((dataSectors + advSectors) * SECTOR !== core.length || extended + FIELDS.length * 2 > core.length)
      break;
    const fields = Object.fromEntries(
      FIELDS.map((name, index) => [name, core.readUInt16LE(extended + index * 2)]),
    ) as Record<(typeof FIELDS)[number], number>;
    return { area, fields, dataSectors, dwords: core.readUInt32LE(area + DWORDS) };
  }
  throw unknownCore('a patch area that fits its length', `${core.length} bytes without one`);
}

/** Of the BIOS parameter block: its bytes in the boot sector, and what of it SYSLINUX's core reads. */
const PARAMETERS = { start: 0x0b, end: 0x5a } as const;
const BYTES_PER_SECTOR = 0x0b;
const SECTORS_16 = 0x13;
const SECTORS_PER_TRACK = 0x18;
const HEADS = 0x1a;
const HIDDEN_SECTORS = 0x1c;
const SECTORS_32 = 0x20;

/**
 * The boot sector for a file system that is no FAT: with a FAT's parameters left in it, the core would take it for one.
 * @param partition LBA of its first sector, and how many it has
 */
export function withoutFat(
  boot: Buffer,
  partition: { readonly firstLba: number; readonly sectors: number },
): Buffer {
  const { firstLba, sectors } = partition;
  const copy = Buffer.from(boot);
  copy.fill(0, PARAMETERS.start, PARAMETERS.end);
  copy.writeUInt16LE(SECTOR, BYTES_PER_SECTOR);
  copy.writeUInt16LE(63, SECTORS_PER_TRACK);
  copy.writeUInt16LE(255, HEADS);
  copy.writeUInt32LE(firstLba % 2 ** 32, HIDDEN_SECTORS);
  copy.writeUInt16LE(sectors < 0x10000 ? sectors : 0, SECTORS_16);
  copy.writeUInt32LE(sectors % 2 ** 32, SECTORS_32);
  return copy;
}

function unknownCore(expected: string, found: string): Failure {
  return new Failure('integrity', {
    what: 'The ldlinux.sys of the installed SYSLINUX is not laid out as version 6 has it.',
    expected,
    found,
    hint: "Install Debian's package syslinux.",
  });
}
