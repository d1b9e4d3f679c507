/** What a directory of ext4 holds. Facts: Linux Documentation/filesystems/ext4 (directory.rst). */
import { BLOCK } from '../ext4-size.js';

const [DOT, DOTS] = ['.', '..'].map((each) => Buffer.from(each)) as [Buffer, Buffer];

/** Entries of a directory but `.` and `..`; the index blocks of a hashed one look like empty entries. */
export function* names(content: Buffer): Generator<readonly [name: Buffer, inode: number]> {
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
