/** What each block of an ext4 file system is for. */
import { BLOCK } from '../ext4-size.js';
import { type Span, spanAt } from '../ranges.js';
import { FIRST_INODE, ROOT_INODE, SPECIAL_INODES } from './inode.js';
import type { Ext4Tree } from './tree.js';

export type RegionKind =
  | 'superblock'
  | 'copy of the superblock'
  | 'group descriptors'
  | 'blocks reserved for group descriptors'
  | 'block bitmap'
  | 'inode bitmap'
  | 'inode table'
  | 'content'
  | 'directory entries'
  | 'block map'
  | 'extended attributes'
  | 'free space';

/** Blocks of the file system with one purpose. */
export interface Region extends Span {
  readonly kind: RegionKind;
  /** Of an inode table: the inode at its start. Of content, a map or attributes: the inode that owns it. */
  readonly inode?: number;
  /** Of content: the owner's block that stands at the region's start. */
  readonly logical?: number;
}

export interface RegionMap {
  /** The region of a block; `free space` where nothing is. */
  at(block: number): Region;
  /** Names of an inode, sorted: `/etc/hosts`, or what the file system itself uses it for. */
  names(inode: number): readonly string[];
}

export function mapRegions(tree: Ext4Tree): RegionMap {
  const regions = [...groupRegions(tree), ...inodeRegions(tree)].sort((a, b) => a.start - b.start);
  const paths = new Map<number, string[]>();
  for (const { inode, path } of tree.files.values()) {
    const names = paths.get(inode);
    if (names === undefined) paths.set(inode, [path]);
    else names.push(path);
  }
  for (const names of paths.values()) names.sort();
  return {
    at: (block) => spanAt(regions, block) ?? { start: block, end: block + 1, kind: 'free space' },
    names: (inode) => paths.get(inode) ?? [SPECIAL_INODES[inode] ?? `inode ${inode}`],
  };
}

function* groupRegions({ superblock }: Ext4Tree): Generator<Region> {
  const { blocksPerGroup, descriptorBlocks, reservedDescriptorBlocks, inodesPerGroup, inodeSize } =
    superblock;
  const tableBlocks = Math.ceil((inodesPerGroup * inodeSize) / BLOCK);
  for (const [number, group] of superblock.groups.entries()) {
    const { blockBitmap, inodeBitmap, inodeTable } = group;
    if (group.hasSuperblock) {
      const start = number * blocksPerGroup;
      const descriptors = start + 1 + descriptorBlocks;
      yield region(number === 0 ? 'superblock' : 'copy of the superblock', start, 1);
      yield region('group descriptors', start + 1, descriptorBlocks);
      if (reservedDescriptorBlocks > 0) {
        yield region('blocks reserved for group descriptors', descriptors, reservedDescriptorBlocks);
      }
    }
    yield region('block bitmap', blockBitmap, 1);
    yield region('inode bitmap', inodeBitmap, 1);
    yield { ...region('inode table', inodeTable, tableBlocks), inode: number * inodesPerGroup + 1 };
  }
}

function region(kind: RegionKind, start: number, blocks: number): Region {
  return { kind, start, end: start + blocks };
}

/** The inode whose map names the blocks that are reserved for descriptors, which stand in the groups' regions. */
const RESIZE_INODE = 7;

function* inodeRegions({ inodes }: Ext4Tree): Generator<Region> {
  for (const { number, type, extents, mapBlocks, attributeBlock } of inodes.values()) {
    if (number === RESIZE_INODE) {
      if (mapBlocks[0] !== undefined) yield { ...region('block map', mapBlocks[0], 1), inode: number };
      continue;
    }
    for (const { start, end, physical } of extents) {
      const kind = type === 'directory' ? 'directory entries' : 'content';
      yield { kind, start: physical, end: physical + end - start, inode: number, logical: start };
    }
    for (const block of mapBlocks) yield { ...region('block map', block, 1), inode: number };
    // A block of attributes may be shared; the first inode stands for all.
    if (attributeBlock !== 0) yield { ...region('extended attributes', attributeBlock, 1), inode: number };
  }
}

/** Whether an inode belongs to the file system itself. */
export function isSpecial(inode: number): boolean {
  return inode < FIRST_INODE && inode !== ROOT_INODE;
}
