/** Finds one file of an ext4 file system by its path, without reading the rest. */
import { BLOCK } from '../ext4-size.js';
import type { InodeBlocks } from '../file-tree/content.js';
import { damaged, readVolume, type Volume } from '../file-tree/volume.js';
import { readInodeBlocks } from './blocks.js';
import { readDirectory } from './directory.js';
import { type Inode, ROOT_INODE, readInode } from './inode.js';
import { readSuperblock, type Superblock } from './superblock.js';

/**
 * @param path absolute; no part of it is a symbolic link
 * @throws Failure of kind `integrity` when it is not there
 */
export async function findExt4File(volume: Volume, path: string): Promise<Inode & InodeBlocks> {
  const superblock = await readSuperblock(volume);
  let inode = await inodeOf(volume, superblock, ROOT_INODE);
  for (const part of path.split('/').filter((each) => each !== '')) {
    const wanted = Buffer.from(part);
    const entries = inode.type === 'directory' ? await readDirectory(volume, inode) : [];
    const entry = entries.find(([name]) => name.equals(wanted));
    if (entry === undefined) throw damaged(volume, `a file ${path}`, `no ${part} where it should be`);
    inode = await inodeOf(volume, superblock, entry[1]);
  }
  return inode;
}

async function inodeOf(
  volume: Volume,
  { inodeSize, inodesPerGroup, groups }: Superblock,
  number: number,
): Promise<Inode & InodeBlocks> {
  const group = groups[Math.floor((number - 1) / inodesPerGroup)];
  const at = ((number - 1) % inodesPerGroup) * inodeSize;
  const bytes = group && (await readVolume(volume, group.inodeTable * BLOCK + at, inodeSize));
  const inode = bytes && readInode(number, bytes);
  if (inode === undefined) throw damaged(volume, `inode ${number}`, 'none, or a free one');
  return { ...inode, ...(await readInodeBlocks(volume, inode)) };
}
