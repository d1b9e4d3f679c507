/** What a directory of ext4 holds. Facts: Linux Documentation/filesystems/ext4 (directory.rst). */
import { BLOCK } from '../ext4-size.js';
import { type InodeBlocks, readContent } from '../file-tree/content.js';
import { damaged, type Volume } from '../file-tree/volume.js';
import type { Inode } from './inode.js';

const SLASH = 0x2f;
const [DOT, DOTS] = ['.', '..'].map((each) => Buffer.from(each)) as [Buffer, Buffer];

export type DirectoryEntry = readonly [name: Buffer, inode: number];

/** Entries of a directory but `.` and `..`. @throws Failure of kind `integrity` for what no directory can be */
export async function readDirectory(volume: Volume, inode: Inode & InodeBlocks): Promise<DirectoryEntry[]> {
  const { size, extents, number } = inode;
  // It has no holes: what its extents do not hold is no part of it.
  if (size % BLOCK !== 0 || size > (extents.at(-1)?.end ?? 0) * BLOCK)
    throw damaged(volume, `whole blocks of directory ${number}`, `${size} bytes`);
  const entries = [...names(await readContent(volume, size, inode))];
  const odd = entries.find(([name]) => name.length === 0 || name.includes(0) || name.includes(SLASH));
  if (odd !== undefined)
    throw damaged(volume, `names of files in directory ${number}`, JSON.stringify(odd[0].toString('utf8')));
  return entries;
}

/** The index blocks of a hashed directory look like empty entries. */
function* names(content: Buffer): Generator<DirectoryEntry> {
  for (let block = 0; block < content.length; block += BLOCK) {
    for (let at = block; at + 8 <= block + BLOCK; ) {
      const inode = content.readUInt32LE(at);
      const step = content.readUInt16LE(at + 4);
      const name = content.subarray(at + 8, at + 8 + (content[at + 6] as number));
      if (inode !== 0 && !name.equals(DOT) && !name.equals(DOTS)) yield [name, inode];
      if (step < 8) break;
      at += step;
    }
  }
}
