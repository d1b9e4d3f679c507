/** What lies where on a LUN image, to scale, and where there is data. Pure: from the manifest and the image's blocks. */

import type { BlockIndex } from '../../artifacts/formats/block-index.js';
import { SECTOR } from '../../artifacts/formats/disk-layout.js';
import { BLOCK } from '../../artifacts/formats/ext4-size.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import type { Partition } from '../../artifacts/release/release-file.js';

/** A part of the disk; all of them one after the other are the whole of it. Offsets and lengths are bytes. */
export interface DiskPart {
  readonly start: number;
  readonly bytes: number;
  /** Bytes of blocks that are not all zeros. */
  readonly data: number;
  /** Absent: what no partition covers, such as the partition table. */
  readonly partition?: Partition;
}

export interface DiskMap {
  readonly bytes: number;
  readonly parts: readonly DiskPart[];
  /** For each of as many equal pieces of the disk, which part of it is data: 0 to 1. */
  readonly fill: readonly number[];
}

/** @param pieces how many equal pieces the disk is cut into */
export function mapDisk({ disk }: Manifest, index: BlockIndex, pieces: number): DiskMap {
  const parts: DiskPart[] = [];
  let at = 0;
  const add = (end: number, partition?: Partition) => {
    if (end <= at) return;
    const about = { start: at, bytes: end - at, data: 0 };
    parts.push(partition === undefined ? about : { ...about, partition });
    at = end;
  };
  for (const partition of [...disk.partitions].sort((a, b) => a.firstLba - b.firstLba)) {
    const start = partition.firstLba * SECTOR;
    add(start);
    add(start + partition.sectors * SECTOR, partition);
  }
  add(disk.bytes);
  const fill = new Array<number>(pieces).fill(0);
  const counts = new Array<number>(parts.length).fill(0);
  let part = 0;
  for (const { start, digests } of index.parts) {
    for (let block = 0; block < digests.length; block += 1) {
      if (digests[block] === 0n) continue;
      const offset = (start + block) * BLOCK;
      while (part + 1 < parts.length && offset >= (parts[part + 1] as DiskPart).start) part += 1;
      counts[part] = (counts[part] ?? 0) + 1;
      const piece = Math.min(pieces - 1, Math.floor((offset / disk.bytes) * pieces));
      fill[piece] = (fill[piece] ?? 0) + 1;
    }
  }
  const blocksOfPiece = disk.bytes / pieces / BLOCK;
  return {
    bytes: disk.bytes,
    parts: parts.map((each, number) => ({ ...each, data: (counts[number] ?? 0) * BLOCK })),
    fill: fill.map((blocks) => Math.min(1, blocks / blocksOfPiece)),
  };
}
