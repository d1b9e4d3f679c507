/**
 * All files of an ext4 file system, read from the image without mounting it: inode tables first, in one piece a group,
 * then the directories, which give the names. Facts: Linux Documentation/filesystems/ext4 (directory.rst).
 */
import { isUtf8 } from 'node:buffer';
import { shownName, utf8Name } from '../../../base/utf8-name.js';
import { BLOCK } from '../ext4-size.js';
import { type InodeBlocks, readContent } from '../file-tree/content.js';
import type { FileEntry, FileTree } from '../file-tree/tree.js';
import { damaged, readVolume, type Volume } from '../file-tree/volume.js';
import { readAttributes } from './attributes.js';
import { readInodeBlocks } from './blocks.js';
import { readDirectory } from './directory.js';
import { deviceOf, type Inode, ROOT_INODE, readInode } from './inode.js';
import { readSuperblock, type Superblock } from './superblock.js';

const [NOTHING, SLASH] = ['', '/'].map((each) => Buffer.from(each)) as [Buffer, Buffer];

export interface Ext4Tree extends FileTree {
  readonly superblock: Superblock;
  readonly inodes: ReadonlyMap<number, Inode & InodeBlocks>;
}

/** @throws Failure of kind `integrity` */
export async function readExt4Tree(volume: Volume): Promise<Ext4Tree> {
  const superblock = await readSuperblock(volume);
  const inodes = new Map<number, Inode & InodeBlocks>();
  for (const inode of await readInodes(volume, superblock)) {
    inodes.set(inode.number, { ...inode, ...(await readInodeBlocks(volume, inode)) });
  }
  const files = new Map<string, FileEntry>();
  const facts = new Map<number, Omit<FileEntry, 'path'>>();
  const open: (readonly [path: string, bytes: Buffer, number: number])[] = [
    ['/', Buffer.from('/'), ROOT_INODE],
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [path, bytes, number] = next;
    const inode = inodes.get(number);
    if (inode === undefined) throw damaged(volume, `inode ${number} of ${path}`, 'a free inode');
    const seen = facts.get(number);
    if (seen?.type === 'directory') throw damaged(volume, `one name of inode ${number}`, path);
    const known = seen ?? (await describe(volume, inode));
    facts.set(number, known);
    files.set(path, { path, ...known, ...(isUtf8(bytes) ? {} : { pathBytes: bytes }) });
    if (inode.type !== 'directory') continue;
    const base = path === '/' ? '' : path;
    for (const [name, child] of await readDirectory(volume, inode)) {
      const below = `${base}/${text(name)}`;
      if (files.has(below)) throw damaged(volume, `one file ${below}`, 'two');
      open.push([below, Buffer.concat([path === '/' ? NOTHING : bytes, SLASH, name]), child]);
    }
  }
  return { superblock, inodes, files };
}

async function readInodes(volume: Volume, superblock: Superblock): Promise<Inode[]> {
  const { inodeSize, inodesPerGroup, groups } = superblock;
  const inodes: Inode[] = [];
  for (const [group, { inodeTable, usedInodes }] of groups.entries()) {
    const table = await readVolume(volume, inodeTable * BLOCK, usedInodes * inodeSize);
    for (let index = 0; index < usedInodes; index += 1) {
      const bytes = table.subarray(index * inodeSize, (index + 1) * inodeSize);
      const inode = readInode(group * inodesPerGroup + index + 1, bytes);
      if (inode !== undefined) inodes.push(inode);
    }
  }
  return inodes;
}

async function describe(volume: Volume, inode: Inode & InodeBlocks): Promise<Omit<FileEntry, 'path'>> {
  const { number, type, mode, uid, gid, size } = inode;
  const target = type === 'symlink' ? await readTarget(volume, inode) : undefined;
  const attributes = await readAttributes(volume, inode);
  return {
    ...{ inode: number, type, mode, uid, gid, size, attributes },
    ...(target === undefined ? {} : { target: text(target) }),
    ...(target === undefined || isUtf8(target) ? {} : { targetBytes: target }),
    ...(type.endsWith('device') ? { device: deviceOf(inode) } : {}),
  };
}

async function readTarget(volume: Volume, inode: Inode & InodeBlocks): Promise<Buffer> {
  const inline = !inode.hasExtents && inode.size < inode.map.length;
  return inline ? inode.map.subarray(0, inode.size) : await readContent(volume, inode.size, inode);
}

/** Two names never look the same. */
function text(bytes: Buffer): string {
  return utf8Name(bytes) ?? shownName(bytes);
}
