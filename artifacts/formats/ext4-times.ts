/**
 * Sets the times of all inodes of an unmounted ext4 file system, and mode and owner of its top directory. mke2fs before 1.47.1
 * copies access and change times from the tree, which no program can choose, so that the same tree written twice gives different
 * bytes; its top directory is always of mode 0755.
 * Facts: Linux Documentation/filesystems/ext4 (super.rst, group_descr.rst, inodes.rst, checksums.rst).
 */
import { type FileHandle, open } from 'node:fs/promises';
import { Failure } from '../../base/failure.js';
import { crc32c } from './crc32c.js';
import type { TopDirectory } from './tree-size.js';

const SUPERBLOCK = 1024;
const MAGIC = 0xef53;
const RO_COMPAT_METADATA_CSUM = 0x400;
const INCOMPAT_64BIT = 0x80;
const INCOMPAT_META_BG = 0x10;
const INCOMPAT_CSUM_SEED = 0x2000;
const GROUP_INODE_UNINIT = 0x1;

interface Shape {
  readonly blockSize: number;
  readonly groups: number;
  readonly descriptorSize: number;
  readonly firstDescriptorBlock: number;
  readonly inodesPerGroup: number;
  readonly inodeSize: number;
  /** Seed of the checksums; absent without the feature metadata_csum. */
  readonly seed?: number;
}

/** The inode of the top directory. */
const TOP = 2;

/**
 * Sets the access, change and birth time of every inode to `epoch` (seconds since 1970) and clamps modification times to it.
 * @param offset bytes from the start of `image` to the file system
 * @param top what the top directory becomes; default: it stays
 * @throws Failure of kind `integrity` when it is no ext4 file system of the kind that is written here.
 */
export async function setExt4Times(
  image: string,
  offset: number,
  epoch: number,
  top?: TopDirectory,
): Promise<void> {
  const file = await open(image, 'r+');
  try {
    const shape = readShape(await read(file, offset + SUPERBLOCK, 1024));
    const descriptors = await read(
      file,
      offset + shape.firstDescriptorBlock * shape.blockSize,
      shape.groups * shape.descriptorSize,
    );
    for (let group = 0; group < shape.groups; group += 1) {
      const at = group * shape.descriptorSize;
      const descriptor = descriptors.subarray(at, at + shape.descriptorSize);
      await setGroup(file, offset, shape, group, descriptor, { epoch, top });
    }
  } finally {
    await file.close();
  }
}

function readShape(superblock: Buffer): Shape {
  const incompat = superblock.readUInt32LE(0x60);
  const blockSize = 1024 << superblock.readUInt32LE(0x18);
  const firstBlock = superblock.readUInt32LE(0x14);
  const inodesPerGroup = superblock.readUInt32LE(0x28);
  const inodeSize = superblock.readUInt16LE(0x58);
  const known = superblock.readUInt16LE(0x38) === MAGIC && inodeSize >= 256 && !(incompat & INCOMPAT_META_BG);
  if (!known) {
    throw new Failure('integrity', {
      what: 'The times of a file system cannot be set: it is no ext4 with inodes of 256 bytes.',
      found: `magic ${superblock.readUInt16LE(0x38).toString(16)}, inode size ${inodeSize}`,
    });
  }
  const checksums = (superblock.readUInt32LE(0x64) & RO_COMPAT_METADATA_CSUM) !== 0;
  const seed =
    incompat & INCOMPAT_CSUM_SEED
      ? superblock.readUInt32LE(0x270)
      : crc32c(0xffffffff, superblock.subarray(0x68, 0x78));
  return {
    blockSize,
    groups: superblock.readUInt32LE(0) / inodesPerGroup,
    descriptorSize: incompat & INCOMPAT_64BIT ? superblock.readUInt16LE(0xfe) : 32,
    firstDescriptorBlock: firstBlock + 1,
    inodesPerGroup,
    inodeSize,
    ...(checksums ? { seed } : {}),
  };
}

async function setGroup(
  file: FileHandle,
  offset: number,
  shape: Shape,
  group: number,
  descriptor: Buffer,
  { epoch, top }: { readonly epoch: number; readonly top: TopDirectory | undefined },
): Promise<void> {
  const { inodeSize, inodesPerGroup, blockSize } = shape;
  const wide = shape.descriptorSize >= 64;
  if (descriptor.readUInt16LE(0x12) & GROUP_INODE_UNINIT) return;
  const unused = descriptor.readUInt16LE(0x1c) + (wide ? descriptor.readUInt16LE(0x32) * 0x10000 : 0);
  const used = inodesPerGroup - unused;
  const table = descriptor.readUInt32LE(0x08) + (wide ? descriptor.readUInt32LE(0x28) * 2 ** 32 : 0);
  if (used === 0) return;
  const at = offset + table * blockSize;
  const inodes = await read(file, at, used * inodeSize);
  for (let index = 0; index < used; index += 1) {
    const inode = inodes.subarray(index * inodeSize, (index + 1) * inodeSize);
    // Inodes without a mode are free, or special ones that have no times.
    if (inode.readUInt16LE(0) === 0) continue;
    const number = group * inodesPerGroup + index + 1;
    setInode(inode, epoch);
    if (number === TOP && top !== undefined) setTop(inode, top);
    if (shape.seed !== undefined) setChecksum(inode, number, shape.seed);
  }
  await file.write(inodes, 0, inodes.length, at);
}

/** Offsets of a time and of its extra field, which holds nanoseconds and two more bits of seconds. */
const ACCESS = [0x08, 0x8c] as const;
const CHANGE = [0x0c, 0x84] as const;
const MODIFICATION = [0x10, 0x88] as const;
const BIRTH = [0x90, 0x94] as const;

function setInode(inode: Buffer, epoch: number): void {
  const modified = Math.min(readTime(inode, MODIFICATION), epoch);
  writeTime(inode, MODIFICATION, modified);
  for (const field of [ACCESS, CHANGE, BIRTH]) writeTime(inode, field, epoch);
}

function setTop(inode: Buffer, { mode, uid, gid }: TopDirectory): void {
  inode.writeUInt16LE((inode.readUInt16LE(0) & ~0o7777) | mode, 0);
  for (const [id, low, high] of [
    [uid, 0x02, 0x78],
    [gid, 0x18, 0x7a],
  ] as const) {
    inode.writeUInt16LE(id & 0xffff, low);
    inode.writeUInt16LE(id >>> 16, high);
  }
}

function readTime(inode: Buffer, [low, extra]: readonly [number, number]): number {
  return inode.readInt32LE(low) + (inode.readUInt32LE(extra) & 3) * 2 ** 32;
}

function writeTime(inode: Buffer, [low, extra]: readonly [number, number], seconds: number): void {
  const signed = seconds | 0;
  inode.writeInt32LE(signed, low);
  inode.writeUInt32LE(((seconds - signed) / 2 ** 32) & 3, extra);
}

function setChecksum(inode: Buffer, number: number, seed: number): void {
  inode.writeUInt16LE(0, 0x7c);
  inode.writeUInt16LE(0, 0x82);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(number);
  const checksum = crc32c(crc32c(crc32c(seed, head), inode.subarray(0x64, 0x68)), inode);
  inode.writeUInt16LE(checksum & 0xffff, 0x7c);
  inode.writeUInt16LE(checksum >>> 16, 0x82);
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead === length) return buffer;
  throw new Failure('integrity', {
    what: 'A file system ends before its metadata.',
    expected: `${length} bytes`,
    found: `${bytesRead} bytes`,
  });
}
