/**
 * Damaged Btrfs whose checksums are right again, as one is that somebody made so: each is read, or refused in words; none is a surprise, and
 * none takes for ever.
 */
import { mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readBtrfsTree } from '../../../../artifacts/formats/btrfs-read/tree.js';
import { crc32c } from '../../../../artifacts/formats/crc32c.js';
import { treeArchive } from '../../../../artifacts/formats/file-tree/archive.js';
import { tarArchive } from '../../../../artifacts/formats/tar-write.js';
import { Failure } from '../../../../base/failure.js';
import { numbers } from '../../../fuzz/mutate.js';
import { run, type TestFolder, testFolder } from '../tools.js';

const NODE = 16_384;
const SUPERBLOCK = 0x10000;
const MUTATIONS = 600;

async function image(folder: TestFolder): Promise<string> {
  await mkdir(folder.at('tree/etc/deep'), { recursive: true });
  await writeFile(folder.at('tree/etc/deep/file'), 'x'.repeat(9000));
  await writeFile(folder.at('tree/etc/deep/small'), 'x');
  await symlink('y'.repeat(100), folder.at('tree/long'));
  const path = folder.at('btrfs');
  await writeFile(path, '');
  const shape = ['-q', '-m', 'single', '-d', 'single', '--rootdir', folder.at('tree')];
  await run(['mkfs.btrfs', ...shape, path], { doing: 'make a file system' });
  return path;
}

interface Place {
  readonly from: number;
  readonly length: number;
  /** Where anything is said, from the node's start on. */
  readonly used: readonly (readonly [start: number, end: number])[];
}

/** Superblock, and the newest node of each tree that is read: those of trees, chunks and files. */
function metadata(bytes: Buffer): readonly Place[] {
  const identity = bytes.subarray(SUPERBLOCK + 0x20, SUPERBLOCK + 0x30);
  const newest = new Map<number, Place & { readonly generation: bigint }>();
  for (let from = 1 << 20; from < bytes.length; from += NODE) {
    const node = bytes.subarray(from, from + NODE);
    const [generation, owner] = [node.readBigUInt64LE(80), Number(node.readBigUInt64LE(88))];
    if (!node.subarray(0x20, 0x30).equals(identity) || ![1, 3, 5].includes(owner)) continue;
    const items = 101 + node.readUInt32LE(96) * 25;
    const contents = 101 + node.readUInt32LE(items - 8);
    const used = [[48, items] as const, [contents, NODE] as const];
    if ((newest.get(owner)?.generation ?? 0n) <= generation)
      newest.set(owner, { from, length: NODE, used, generation });
  }
  return [{ from: SUPERBLOCK, length: 4096, used: [[0x40, 0x3a0]] }, ...newest.values()];
}

async function read(path: string): Promise<void> {
  await using file = await open(path);
  const volume = { file, offset: 0, name: 'it' };
  const { entries } = treeArchive(volume, await readBtrfsTree(volume));
  let left = 1 << 20;
  for await (const piece of tarArchive(entries)) {
    left -= piece.length;
    // A file may be said to be of any size.
    if (left < 0) return;
  }
}

it('is read or refused, whatever its nodes say', async () => {
  await using folder = await testFolder();
  const path = await image(folder);
  await read(path);
  const right = await readFile(path);
  const places = metadata(right);
  expect(places).toHaveLength(4);
  const random = numbers(7);
  const pick = (below: number) => Math.floor(random() * below);
  const surprises: string[] = [];
  let refused = 0;
  await using file = await open(path, 'r+');
  for (let each = 0; each < MUTATIONS; each += 1) {
    const { from, length, used } = places[pick(places.length)] as Place;
    const bytes = Buffer.from(right.subarray(from, from + length));
    for (let more = pick(4); more >= 0; more -= 1) {
      const [start, end] = used[pick(used.length)] as readonly [number, number];
      bytes[start + pick(end - start)] = pick(256);
    }
    bytes.writeUInt32LE(~crc32c(0xffffffff, bytes.subarray(32)) >>> 0);
    await file.write(bytes, 0, length, from);
    try {
      await read(path);
    } catch (error) {
      refused += 1;
      if (!(error instanceof Failure && error.kind === 'integrity'))
        surprises.push(`${each}: ${String(error)}`);
    }
    await file.write(right, from, length, from);
  }
  expect(surprises).toEqual([]);
  expect(refused).toBeGreaterThan(MUTATIONS / 5);
}, 120_000);

/** Of a node's header and first item, see the kernel's include/uapi/linux/btrfs_tree.h. */
const WRONG: readonly (readonly [name: string, at: number, value: number, bytes: 1 | 4, found: RegExp])[] = [
  ['more items than fit', 96, 4000, 4, /^4000 items at level 0$/],
  ['a level that no tree has', 100, 200, 1, /^\d+ items at level 200$/],
  ['content behind its end', 101 + 17, NODE, 4, /^one up to byte \d+$/],
];

it.each(WRONG)('tells of a leaf with %s', async (_, at, value, size, found) => {
  await using folder = await testFolder();
  const path = await image(folder);
  const right = await readFile(path);
  const leaf = metadata(right).find(({ from }) => from > SUPERBLOCK && right[from + 100] === 0);
  if (leaf === undefined) throw new Error('no leaf');
  const bytes = Buffer.from(right.subarray(leaf.from, leaf.from + NODE));
  bytes.writeUIntLE(value, at, size);
  bytes.writeUInt32LE(~crc32c(0xffffffff, bytes.subarray(32)) >>> 0);
  await using file = await open(path, 'r+');
  await file.write(bytes, 0, NODE, leaf.from);
  const failure = await read(path).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Failure);
  expect((failure as Failure).toRecord()).toMatchObject({
    kind: 'integrity',
    diagnostics: [{ found: expect.stringMatching(found) as string }],
  });
});
