/** An ext4 inode. Facts: Linux Documentation/filesystems/ext4 (inodes.rst, special_inodes.rst, attributes.rst). */
import { type FileType, TIMES, type TimeName, TYPES } from '../file-tree/tree.js';

export interface Inode {
  readonly number: number;
  readonly type: FileType;
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  readonly links: number;
  /** Whether {@link map} is an extent tree; else it numbers blocks, or holds a short link's target. */
  readonly hasExtents: boolean;
  /** The 60 bytes of i_block. */
  readonly map: Buffer;
  /** By {@link TIMES}: nanoseconds since 1970; 0 where the inode has no room for one. */
  readonly times: readonly bigint[];
  /** Extended attributes that stand in the inode itself, behind their magic; empty when there are none. */
  readonly attributes: Buffer;
  /** Block of further extended attributes; 0 when there is none. */
  readonly attributeBlock: number;
}

export const ROOT_INODE = 2;
/** Below it, inodes other than the root belong to the file system itself. */
const FIRST_INODE = 11;
/** Where the seconds of each time stand, and its nanoseconds with two bits more for the seconds. */
const TIME_FIELDS: Readonly<Record<TimeName, { readonly at: number; readonly more: number }>> = {
  'access time': { at: 0x08, more: 0x8c },
  'change time': { at: 0x0c, more: 0x84 },
  'modification time': { at: 0x10, more: 0x88 },
  'creation time': { at: 0x90, more: 0x94 },
};

const FLAG_EXTENTS = 0x80000;
const ATTRIBUTES_MAGIC = 0xea020000;
/** The inode as ext2 had it; what follows is `i_extra_isize` bytes and then attributes. */
const OLD_SIZE = 128;

/** The inode in `bytes`; undefined when it is free. */
export function readInode(number: number, bytes: Buffer): Inode | undefined {
  const mode = bytes.readUInt16LE(0x00);
  const links = bytes.readUInt16LE(0x1a);
  const type = TYPES[mode >> 12];
  if (type === undefined || (links === 0 && number >= FIRST_INODE)) return undefined;
  return {
    number,
    type,
    mode: mode & 0o7777,
    uid: bytes.readUInt16LE(0x02) + bytes.readUInt16LE(0x78) * 0x10000,
    gid: bytes.readUInt16LE(0x18) + bytes.readUInt16LE(0x7a) * 0x10000,
    size: bytes.readUInt32LE(0x04) + bytes.readUInt32LE(0x6c) * 2 ** 32,
    links,
    hasExtents: (bytes.readUInt32LE(0x20) & FLAG_EXTENTS) !== 0,
    map: bytes.subarray(0x28, 0x64),
    times: TIMES.map((name) => readTime(bytes, TIME_FIELDS[name])),
    attributes: ownAttributes(bytes),
    attributeBlock: bytes.readUInt32LE(0x68) + bytes.readUInt16LE(0x76) * 2 ** 32,
  };
}

function readTime(bytes: Buffer, { at, more }: { readonly at: number; readonly more: number }): bigint {
  const room = bytes.length > OLD_SIZE ? OLD_SIZE + bytes.readUInt16LE(OLD_SIZE) : OLD_SIZE;
  if (at + 4 > room) return 0n;
  const extra = more + 4 > room ? 0 : bytes.readUInt32LE(more);
  const seconds = BigInt(bytes.readInt32LE(at)) + BigInt(extra & 3) * 2n ** 32n;
  return seconds * 1_000_000_000n + BigInt(extra >>> 2);
}

function ownAttributes(bytes: Buffer): Buffer {
  if (bytes.length < OLD_SIZE + 4) return Buffer.alloc(0);
  const start = OLD_SIZE + bytes.readUInt16LE(OLD_SIZE);
  const there = start + 4 <= bytes.length && bytes.readUInt32LE(start) === ATTRIBUTES_MAGIC;
  return there ? bytes.subarray(start + 4) : Buffer.alloc(0);
}

/** Major and minor number of a device, as the kernel decodes i_block (old form first, then the wider one). */
export function deviceOf({ map }: Inode): string {
  const old = map.readUInt32LE(0);
  if (old !== 0) return `${(old >>> 8) & 0xff}:${old & 0xff}`;
  const wide = map.readUInt32LE(4);
  return `${(wide & 0xfff00) >>> 8}:${(wide & 0xff) | ((wide >>> 12) & 0xfff00)}`;
}
