/**
 * How much an ext4 file system holds, computed before one is made, so that a partition that is too small for its
 * tree is refused in time and a partition without a size can be cut to its content.
 * Facts: Linux Documentation/filesystems/ext4 (block groups, special inodes), mke2fs(8).
 */
import { MIB } from './disk-layout.js';
import type { TreeSize } from './tree-size.js';

export const BLOCK = 4096;
export const INODE_SIZE = 256;
const INODES_PER_BLOCK = BLOCK / INODE_SIZE;
/** A group's bitmap is one block. */
const GROUP = 8 * BLOCK;
/** Bytes of a group descriptor with the feature 64bit. */
const DESCRIPTORS_PER_BLOCK = BLOCK / 64;
/** mke2fs reserves descriptors so that the file system can be enlarged 1024 times while mounted. */
const GROWTH = 1024;
const MOST_RESERVED_DESCRIPTOR_BLOCKS = BLOCK / 4;
/** Inodes 1 to 10 are special, 11 is lost+found; the tree's root is inode 2. */
const OWN_INODES = 11;
/** mke2fs(8)'s default of bytes for one inode. */
const BYTES_PER_INODE = 16384;
/** Inodes that are free for each that the tree uses. */
const INODE_HEADROOM = 1.25;
/** lost+found (16 KiB) and the resize inode's own block. */
const OWN_BLOCKS = 5;
/** mke2fs drops a last group that has no more than this many blocks besides its metadata. */
const LEAST_LAST_GROUP = 50;
/** Blocks that fragmentation, large attributes and deep extent trees may take, as a part of the tree's. */
const SLACK = 1 / 200;

/** Journal's size in MiB by the file system's size in MiB: mke2fs's own steps. */
const JOURNALS = [
  { below: 128, mib: 4 },
  { below: 1024, mib: 16 },
  { below: 2048, mib: 32 },
  { below: 16384, mib: 64 },
  { below: 32768, mib: 128 },
  { below: 65536, mib: 256 },
  { below: 131072, mib: 512 },
  { below: Number.POSITIVE_INFINITY, mib: 1024 },
] as const;

export interface Ext4Options {
  /** Part of the file system, in percent, that only root may fill: mke2fs -m. */
  readonly reservedPercent: number;
}

/** The numbers that mke2fs is told, and what they leave for files. */
export interface Ext4Geometry {
  /** Blocks of 4 KiB. */
  readonly blocks: number;
  readonly inodes: number;
  readonly journalMib: number;
  /** Blocks that superblocks, descriptors, bitmaps, inode tables, journal and lost+found take. */
  readonly overheadBlocks: number;
  readonly reservedBlocks: number;
}

/** The file system that fills `bytes` bytes, as far as ext4 can, and has inodes enough for a tree. */
export function ext4Geometry(bytes: number, tree: TreeSize, options: Ext4Options): Ext4Geometry {
  const journalMib = JOURNALS.find(({ below }) => bytes / MIB < below)?.mib ?? 1024;
  const inodes = Math.max(bytes / BYTES_PER_INODE, tree.inodes * INODE_HEADROOM + OWN_INODES);
  const whole = layOut(Math.floor(bytes / BLOCK), inodes);
  // A last group that would hold little but its own metadata is left out, as mke2fs does.
  const last = whole.blocks - (whole.groups - 1) * GROUP;
  const worthwhile = whole.groups === 1 || last >= whole.metadata(whole.groups - 1) + LEAST_LAST_GROUP;
  const layout = worthwhile ? whole : layOut(whole.blocks - last, inodes);
  let overheadBlocks = (journalMib * MIB) / BLOCK + OWN_BLOCKS;
  for (let group = 0; group < layout.groups; group += 1) overheadBlocks += layout.metadata(group);
  return {
    blocks: layout.blocks,
    inodes: layout.inodesPerGroup * layout.groups,
    journalMib,
    overheadBlocks,
    reservedBlocks: Math.floor((layout.blocks * options.reservedPercent) / 100),
  };
}

function layOut(blocks: number, inodes: number) {
  const groups = Math.ceil(blocks / GROUP);
  const inodesPerGroup = Math.ceil(inodes / groups / INODES_PER_BLOCK) * INODES_PER_BLOCK;
  const descriptors = Math.ceil(groups / DESCRIPTORS_PER_BLOCK);
  const superblock = 1 + descriptors + reservedDescriptors(blocks, descriptors);
  const tables = 2 + inodesPerGroup / INODES_PER_BLOCK;
  const metadata = (group: number) => tables + (hasSuperblock(group) ? superblock : 0);
  return { blocks, groups, inodesPerGroup, metadata };
}

/** What must find room: a tree, bytes that stay free besides, and a reserve that neither touches. */
export interface Ext4Need extends Ext4Options {
  readonly tree: TreeSize;
  /** Bytes. */
  readonly free: number;
}

/** Bytes, a multiple of 1 MiB, by which a file system of `bytes` bytes is too small; 0 when it is large enough. */
export function ext4Shortage(bytes: number, need: Ext4Need): number {
  let fitting = bytes;
  for (let more = lacking(fitting, need); more > 0; more = lacking(fitting, need)) {
    fitting += Math.ceil(more / MIB) * MIB;
  }
  // A step over a group that only then becomes worthwhile may have been too long.
  while (fitting > bytes && lacking(fitting - MIB, need) === 0) fitting -= MIB;
  return fitting - bytes;
}

/** The least size, a multiple of 1 MiB, of a file system that is large enough. */
export function smallestExt4(need: Ext4Need): number {
  const start = Math.ceil((neededBlocks(need) * BLOCK) / MIB) * MIB;
  return start + ext4Shortage(start, need);
}

function lacking(bytes: number, need: Ext4Need): number {
  const { blocks, overheadBlocks, reservedBlocks } = ext4Geometry(bytes, need.tree, need);
  return Math.max(0, neededBlocks(need) + overheadBlocks + reservedBlocks - blocks) * BLOCK;
}

function neededBlocks({ tree, free }: Ext4Need): number {
  return Math.ceil(tree.blocks * (1 + SLACK)) + Math.ceil(free / BLOCK);
}

/** Groups 0, 1 and the powers of 3, 5 and 7 have a copy of the superblock (feature sparse_super). */
function hasSuperblock(group: number): boolean {
  if (group <= 1) return true;
  return [3, 5, 7].some((base) => {
    let power = base;
    while (power < group) power *= base;
    return power === group;
  });
}

function reservedDescriptors(blocks: number, descriptors: number): number {
  const most = Math.min(blocks * GROWTH, 0xffffffff);
  const needed = Math.ceil(Math.ceil(most / GROUP) / DESCRIPTORS_PER_BLOCK) - descriptors;
  return Math.max(0, Math.min(needed, MOST_RESERVED_DESCRIPTOR_BLOCKS));
}
