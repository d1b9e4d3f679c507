/**
 * Where ext4 keeps its metadata, from the superblock and the group descriptors.
 * Facts: Linux Documentation/filesystems/ext4 (super.rst, group_descr.rst, blockgroup.rst).
 */
import { BLOCK } from '../ext4-size.js';
import { bytesOf, damaged, readVolume, type Volume } from '../file-tree/volume.js';

/** Bytes from the file system's start. */
const SUPERBLOCK = 1024;
const MAGIC = 0xef53;
/** gdt_csum or metadata_csum: descriptors say how much of an inode table is in use. */
const RO_COMPAT_CHECKSUMS = 0x10 | 0x400;
const INCOMPAT_64BIT = 0x80;
/** Features that change where things lie, by the names of mke2fs(8), and are not read here. */
const INCOMPAT_NAMES: readonly (readonly [bit: number, name: string])[] = [
  [0x1, 'compression'],
  [0x8, 'journal_dev'],
  [0x10, 'meta_bg'],
  [0x400, 'ea_inode'],
  [0x1000, 'dirdata'],
  [0x8000, 'inline_data'],
  [0x10000, 'encrypt'],
  [0x20000, 'casefold'],
];
/** filetype, needs_recovery, extents, 64bit, mmp, flex_bg, csum_seed, largedir. */
const INCOMPAT_KNOWN = 0x2 | 0x4 | 0x40 | INCOMPAT_64BIT | 0x100 | 0x200 | 0x2000 | 0x4000;
const GROUP_INODE_UNINIT = 0x1;

export interface Group {
  /** Its first block. */
  readonly inodeTable: number;
  /** Inodes at the start of the table beyond which none was ever used. */
  readonly usedInodes: number;
}

/** A journal with changes that are not yet in place. */
const INCOMPAT_RECOVER = 0x4;
/** Of s_state: errors were seen. */
const STATE_ERRORS = 0x2;

export interface Superblock {
  /** What has to be mended before the files can be relied on; absent: nothing. */
  readonly unclean?: 'journal' | 'errors';
  readonly inodesPerGroup: number;
  /** Bytes. */
  readonly inodeSize: number;
  readonly groups: readonly Group[];
}

/** @throws Failure of kind `integrity` when it is no ext4 file system with blocks of 4 KiB, or uses unknown features */
export async function readSuperblock(volume: Volume): Promise<Superblock> {
  const bytes = await readVolume(volume, SUPERBLOCK, 1024);
  const magic = bytes.readUInt16LE(0x38);
  if (magic !== MAGIC) throw damaged(volume, 'an ext4 superblock', `magic 0x${magic.toString(16)}`);
  const blockSize = 1024 << bytes.readUInt32LE(0x18);
  if (blockSize !== BLOCK) throw damaged(volume, `blocks of ${BLOCK} bytes`, `${blockSize} bytes`);
  const incompat = bytes.readUInt32LE(0x60);
  const unknown = incompat & ~INCOMPAT_KNOWN;
  if (unknown !== 0) throw damaged(volume, 'features that are known here', featureNames(unknown));
  const wide = (incompat & INCOMPAT_64BIT) !== 0;
  const blocks = bytes.readUInt32LE(0x4) + (wide ? bytes.readUInt32LE(0x150) * 2 ** 32 : 0);
  const blocksPerGroup = bytes.readUInt32LE(0x20);
  const inodesPerGroup = bytes.readUInt32LE(0x28);
  const descriptorSize = wide ? bytes.readUInt16LE(0xfe) : 32;
  const inodeSize = bytes.readUInt16LE(0x58);
  const limits: readonly (readonly [what: string, value: number, least: number, most: number])[] = [
    ['blocks of a group', blocksPerGroup, 1, 2 ** 32],
    ['inodes of a group', inodesPerGroup, 1, 8 * BLOCK],
    ['bytes of an inode', inodeSize, 128, BLOCK],
    ['bytes of a group descriptor', descriptorSize, 32, 1024],
  ];
  for (const [what, value, least, most] of limits) {
    if (value < least || value > most) throw damaged(volume, `${least} to ${most} ${what}`, String(value));
  }
  if ((inodeSize & (inodeSize - 1)) !== 0)
    throw damaged(volume, 'inodes of a power of two bytes', `${inodeSize} bytes`);
  const groups = Math.ceil(blocks / blocksPerGroup);
  // Both are what has to be there; a damaged number would have us read the same again and again.
  const least = Math.max(blocks * BLOCK, groups * inodesPerGroup * inodeSize);
  const room = await bytesOf(volume);
  if (room !== undefined && least > room)
    throw damaged(volume, `an image of at least ${least} bytes`, `${room} bytes`);
  const roCompat = bytes.readUInt32LE(0x64);
  const descriptors = await readVolume(volume, BLOCK, groups * descriptorSize);
  const unclean =
    (incompat & INCOMPAT_RECOVER) !== 0
      ? ('journal' as const)
      : (bytes.readUInt16LE(0x3a) & STATE_ERRORS) !== 0
        ? ('errors' as const)
        : undefined;
  return {
    ...(unclean && { unclean }),
    inodesPerGroup,
    inodeSize,
    groups: Array.from({ length: groups }, (_, group) =>
      readGroup(descriptors.subarray(group * descriptorSize, (group + 1) * descriptorSize), {
        inodesPerGroup,
        counts: (roCompat & RO_COMPAT_CHECKSUMS) !== 0,
      }),
    ),
  };
}

function featureNames(bits: number): string {
  const known = INCOMPAT_NAMES.filter(([bit]) => (bits & bit) !== 0);
  const rest = known.reduce((left, [bit]) => left & ~bit, bits) >>> 0;
  return [...known.map(([, name]) => name), ...(rest === 0 ? [] : [`0x${rest.toString(16)}`])].join(', ');
}

interface GroupFacts {
  readonly inodesPerGroup: number;
  readonly counts: boolean;
}

function readGroup(bytes: Buffer, { inodesPerGroup, counts }: GroupFacts): Group {
  const wide = bytes.length >= 64;
  const block = (low: number, high: number) =>
    bytes.readUInt32LE(low) + (wide ? bytes.readUInt32LE(high) * 2 ** 32 : 0);
  const unused = bytes.readUInt16LE(0x1c) + (wide ? bytes.readUInt16LE(0x32) * 0x10000 : 0);
  const none = (bytes.readUInt16LE(0x12) & GROUP_INODE_UNINIT) !== 0;
  return {
    inodeTable: block(0x08, 0x28),
    usedInodes: counts ? (none ? 0 : inodesPerGroup - unused) : inodesPerGroup,
  };
}
