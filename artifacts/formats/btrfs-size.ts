/**
 * How large a Btrfs must be for its tree, as mkfs.btrfs(8) counts before it begins: it makes a smaller file longer, which a
 * partition cannot be. Facts: btrfs-progs 6.2, mkfs/rootdir.c (btrfs_mkfs_size_dir) and mkfs/common.c (btrfs_min_dev_size).
 */
import { MIB } from './disk-layout.js';
import type { DenseSize } from './tree-size.js';

const BLOCK = 4096;
/** Bytes of the smallest one whose metadata is there once, rounded to whole MiB: 47185920. */
const LEAST = 45 * MIB;
/** What is allocated at once. */
const CHUNK = 8 * MIB;
/** Metadata that one name may take: a path in three items, and a small content. */
const NAME_BYTES = 3 * 4096 + BLOCK;
/** Metadata for each byte of content, as checksums and extents. */
const PER_BYTE = 1 / 8;

/** Bytes, a multiple of 1 MiB. */
export function smallestBtrfs({ names, blocks }: DenseSize): number {
  const data = blocks * BLOCK;
  return LEAST + beyondFirst(data) + beyondFirst(names * NAME_BYTES + Math.floor(data * PER_BYTE));
}

/** The first chunk of each kind is there already. */
function beyondFirst(bytes: number): number {
  return Math.max(0, Math.ceil(bytes / CHUNK) - 1) * CHUNK;
}
