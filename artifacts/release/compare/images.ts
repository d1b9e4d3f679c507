/** The LUN images of two releases, their blocks and the file systems in them. */

import type { FileHandle } from 'node:fs/promises';
import type { Ports } from '../../../base/ports.js';
import { type BlockIndex, indexBlocks } from '../../formats/block-index.js';
import { SECTOR } from '../../formats/disk-layout.js';
import { BLOCK } from '../../formats/ext4-size.js';
import type { IndexedTree } from '../../formats/file-tree/compare.js';
import { isReadable, type ReadableFilesystem, readFileTree } from '../../formats/file-tree/read.js';
import type { Volume } from '../../formats/file-tree/volume.js';
import type { Release } from '../release.js';
import { imagePath, openDisk, type Partition } from '../release-file.js';
import { pair } from './change.js';

export interface Image extends AsyncDisposable {
  readonly release: Release;
  readonly file: FileHandle;
  readonly index: BlockIndex;
}

/** Opens the images of two releases and reads both once. @throws Failure of kind `integrity` when one is missing */
export async function openImages(a: Release, b: Release, ports: Ports): Promise<readonly [Image, Image]> {
  const files: FileHandle[] = [];
  const close = async () => {
    for (const file of files) await file.close();
  };
  try {
    for (const release of [a, b]) files.push(await openDisk(release));
    const left = await indexBlocks(imagePath(a), ports);
    const right = await indexBlocks(imagePath(b), ports);
    const image = (release: Release, file: FileHandle, index: BlockIndex): Image => ({
      release,
      file,
      index,
      [Symbol.asyncDispose]: () => file.close(),
    });
    return [image(a, files[0] as FileHandle, left), image(b, files[1] as FileHandle, right)];
  } catch (error) {
    await close();
    throw error;
  }
}

export type Readable = Partition & { readonly filesystem: ReadableFilesystem };

/**
 * Partitions that both releases have with the same file system, which is one that can be read: those mounted at the same place, or of the
 * same name where they are not mounted.
 */
export function readablePairs(a: Release, b: Release): { readonly old: Readable; readonly now: Readable }[] {
  const readable = ({ manifest }: Release) =>
    manifest.disk.partitions.filter((each): each is Readable => isReadable(each.filesystem));
  return pair(readable(a), readable(b), ({ mount, name }) => mount ?? name).flatMap(({ old, now }) =>
    now !== undefined && old?.filesystem === now.filesystem ? [{ old, now }] : [],
  );
}

/** A file system whose content can be read too. */
export interface OpenTree extends IndexedTree {
  readonly volume: Volume;
}

/** All files of a partition's file system. @throws Failure of kind `integrity` when it cannot be read */
export async function readPartition(image: Image, partition: Readable): Promise<OpenTree> {
  const { file, index, release } = image;
  const offset = partition.firstLba * SECTOR;
  const name = `partition ${partition.number} (${partition.name}) of ${imagePath(release)}`;
  const volume = { file, offset, name };
  return {
    volume,
    tree: await readFileTree(volume, partition.filesystem),
    index,
    firstBlock: offset / BLOCK,
  };
}
