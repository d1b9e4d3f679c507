/** Extended attributes of an ext4 inode. Facts: Linux Documentation/filesystems/ext4/attributes.rst. */
import { BLOCK } from '../ext4-size.js';
import { damaged, readVolume, type Volume } from '../file-tree/volume.js';
import type { Inode } from './inode.js';

const PREFIXES: Readonly<Record<number, string>> = {
  0: '',
  1: 'user.',
  2: 'system.posix_acl_access',
  3: 'system.posix_acl_default',
  4: 'trusted.',
  6: 'security.',
  7: 'system.',
  8: 'system.richacl',
};
const BLOCK_HEADER = 32;

/** `name=value` of each, values in hex, sorted. @throws Failure of kind `integrity` */
export async function readAttributes(volume: Volume, inode: Inode): Promise<string[]> {
  const found: string[] = [];
  const read = (bytes: Buffer, first: number) => {
    const broken = () => damaged(volume, `extended attributes of inode ${inode.number}`, 'none');
    found.push(...entries(bytes, first, broken));
  };
  if (inode.attributes.length > 0) read(inode.attributes, 0);
  if (inode.attributeBlock !== 0) {
    read(await readVolume(volume, inode.attributeBlock * BLOCK, BLOCK), BLOCK_HEADER);
  }
  return found.sort();
}

/** Offsets of values count from the start of `bytes`. */
function* entries(bytes: Buffer, first: number, broken: () => Error): Generator<string> {
  for (let at = first; at + 16 <= bytes.length && bytes.readUInt32LE(at) !== 0; ) {
    const length = bytes[at] as number;
    const prefix = PREFIXES[bytes[at + 1] as number];
    const start = bytes.readUInt16LE(at + 2);
    const size = bytes.readUInt32LE(at + 8);
    if (prefix === undefined || start + size > bytes.length) throw broken();
    const name = bytes.toString('utf8', at + 16, at + 16 + length);
    yield `${prefix}${name}=${bytes.toString('hex', start, start + size)}`;
    at += (16 + length + 3) & ~3;
  }
}
