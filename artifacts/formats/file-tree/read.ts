/** The files of a partition, by whichever reader knows its file system. */
import { readBtrfsTree } from '../btrfs-read/tree.js';
import { readExt4Tree } from '../ext4-read/tree.js';
import type { FileTree } from './tree.js';
import type { Volume } from './volume.js';

const READERS = { ext4: readExt4Tree, btrfs: readBtrfsTree } as const;

export type ReadableFilesystem = keyof typeof READERS;

export function isReadable(filesystem: string | undefined): filesystem is ReadableFilesystem {
  return filesystem !== undefined && Object.hasOwn(READERS, filesystem);
}

/** @throws Failure of kind `integrity` */
export function readFileTree(volume: Volume, filesystem: ReadableFilesystem): Promise<FileTree> {
  return READERS[filesystem](volume);
}
