/** Damaged file systems of every kind that mke2fs makes: each is read, or refused in words; none is a surprise, and none takes for ever. */
import { mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readExt4Tree } from '../../../../artifacts/formats/ext4-read/tree.js';
import { treeArchive } from '../../../../artifacts/formats/file-tree/archive.js';
import { tarArchive } from '../../../../artifacts/formats/tar-write.js';
import { Failure } from '../../../../base/failure.js';
import { numbers } from '../../../fuzz/mutate.js';
import { run, type TestFolder, testFolder } from '../tools.js';

const BLOCK = 4096;
const INODES = 64;
const INODE = 256;
const MUTATIONS = 400;

async function image(folder: TestFolder, features: string): Promise<Buffer> {
  const tree = folder.at('tree');
  await mkdir(folder.at('tree/etc/deep'), { recursive: true });
  await writeFile(folder.at('tree/etc/deep/file'), 'x'.repeat(9000));
  await symlink('y'.repeat(100), folder.at('tree/long'));
  const path = folder.at('ext4');
  const shape = ['-b', String(BLOCK), '-I', String(INODE), '-N', String(INODES), '-O', features, '-d', tree];
  await run(['mke2fs', '-q', '-F', '-t', 'ext4', ...shape, path, '1M'], { doing: 'make a file system' });
  return readFile(path);
}

/** Where its metadata lies: superblock, group descriptor, inodes, and the blocks that look like directories. */
function metadata(bytes: Buffer): readonly (readonly [from: number, length: number])[] {
  const inodes = bytes.readUInt32LE(BLOCK + 0x08) * BLOCK;
  const directories: [number, number][] = [];
  for (let at = inodes; at < bytes.length; at += BLOCK) {
    if (bytes[at + 8] === 0x2e) directories.push([at, 200]);
  }
  return [[1024, 0x160], [BLOCK, 64], [inodes, INODES * INODE], ...directories];
}

async function read(folder: TestFolder, bytes: Buffer): Promise<void> {
  await writeFile(folder.at('damaged'), bytes);
  await using file = await open(folder.at('damaged'));
  const volume = { file, offset: 0, name: 'it' };
  const { entries } = treeArchive(volume, await readExt4Tree(volume));
  let left = 100 * BLOCK;
  for await (const piece of tarArchive(entries)) {
    left -= piece.length;
    // A file may be said to be of any size.
    if (left < 0) return;
  }
}

it.each(['extent,64bit,metadata_csum,dir_index', '^extent,^64bit,^metadata_csum'])(
  '%s',
  async (features) => {
    await using folder = await testFolder();
    const right = await image(folder, features);
    await read(folder, right);
    const places = metadata(right);
    const random = numbers(7);
    const pick = (below: number) => Math.floor(random() * below);
    const surprises: string[] = [];
    for (let each = 0; each < MUTATIONS; each += 1) {
      const bytes = Buffer.from(right);
      const changed: string[] = [];
      for (let left = 1 + pick(3); left > 0; left -= 1) {
        const [from, length] = places[pick(places.length)] as readonly [number, number];
        const at = from + (pick(length) & ~3);
        const value = pick(2) === 0 ? ([0, 1, 0x7f, 0x80, 0xff][pick(5)] as number) : pick(256);
        bytes.fill(value, at, at + (1 << pick(3)));
        changed.push(`${at}: ${value}`);
      }
      const error: unknown = await read(folder, bytes).catch((thrown: unknown) => thrown);
      if (error !== undefined && !(error instanceof Failure && error.kind === 'integrity'))
        surprises.push(`${changed.join(', ')}: ${Failure.from(error).message}`);
    }
    expect(surprises).toEqual([]);
  },
  120_000,
);

it('blocks that number themselves are not read for ever', async () => {
  await using folder = await testFolder();
  const bytes = await image(folder, '^extent,^64bit,^metadata_csum');
  const table = bytes.readUInt32LE(BLOCK + 0x08) * BLOCK;
  // The root directory, whose block 5 MiB away is numbered by a block that numbers itself three times.
  const root = table + INODE;
  const own = bytes.length / BLOCK - 1;
  bytes.fill(0, own * BLOCK);
  for (let at = own * BLOCK; at < bytes.length; at += 4) bytes.writeUInt32LE(own, at);
  bytes.writeUInt32LE(own, root + 0x28 + 14 * 4);
  await expect(read(folder, bytes)).rejects.toThrow('cannot be read');
});
