/** The LUN images of two releases, their blocks and the file systems in them. */

import type { FileHandle } from 'node:fs/promises';
import type { Ports } from '../../../base/ports.js';
import { type BlockIndex, indexBlocks } from '../../formats/block-index.js';
import { SECTOR } from '../../formats/disk-layout.js';
import type { IndexedTree } from '../../formats/ext4-read/compare.js';
import { readExt4Tree } from '../../formats/ext4-read/tree.js';
import type { Volume } from '../../formats/ext4-read/volume.js';
import { BLOCK } from '../../formats/ext4-size.js';
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

/** Partitions with ext4 in both releases: those mounted at the same place, or of the same name where they are not mounted. */
export function ext4Pairs(a: Release, b: Release): { readonly old: Partition; readonly now: Partition }[] {
  const ext4 = ({ manifest }: Release) =>
    manifest.disk.partitions.filter(({ filesystem }) => filesystem === 'ext4');
  return pair(ext4(a), ext4(b), ({ mount, name }) => mount ?? name).flatMap(({ old, now }) =>
    old === undefined || now === undefined ? [] : [{ old, now }],
  );
}

/** A file system whose content can be read too. */
export interface OpenTree extends IndexedTree {
  readonly volume: Volume;
}

/** All files of a partition's ext4 file system. @throws Failure of kind `integrity` when it cannot be read */
export async function readPartition(image: Image, partition: Partition): Promise<OpenTree> {
  const { file, index, release } = image;
  const offset = partition.firstLba * SECTOR;
  const name = `partition ${partition.number} (${partition.name}) of ${imagePath(release)}`;
  const volume = { file, offset, name };
  return { volume, tree: await readExt4Tree(volume), index, firstBlock: offset / BLOCK };
}
