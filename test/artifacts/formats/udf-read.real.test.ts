/** UDF as genisoimage writes it, which had no part in reading it; and what is done to such a disc. */
import { closeSync, openSync, statSync } from 'node:fs';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { copyUdfFile } from '../../../artifacts/formats/udf-read/copy.js';
import { readUdfTree, type UdfFile } from '../../../artifacts/formats/udf-read/tree.js';
import { openUdf } from '../../../artifacts/formats/udf-read/volume.js';
import { Failure } from '../../../base/failure.js';
import { bootImage, writeDisc } from '../../util/windows/medium.js';
import { failureOf, type TestFolder, testFolder } from './tools.js';

function read(iso: string): UdfFile[] {
  const fd = openSync(iso, 'r');
  try {
    return readUdfTree(openUdf({ fd, bytes: statSync(iso).size, name: 'disc' }));
  } finally {
    closeSync(fd);
  }
}

it('reads every file with its name and its bytes', async () => {
  await using folder = await testFolder();
  const many = Array.from({ length: 120 }, (_, index): [string, string] => [
    `a folder/with many files, number ${index}.txt`,
    `${index}`,
  ]);
  const files: Record<string, string | Buffer> = {
    ...Object.fromEntries(many),
    'Größe/日本/ファイル.txt': 'long',
    empty: '',
    'one.bin': bootImage(3_000_001),
    'deep/er/and/deep/er/still': 'x',
  };
  const iso = await writeDisc(folder.path, files);
  const found = read(iso);
  expect(found.map(({ path }) => path).sort()).toEqual(Object.keys(files).sort());
  for (const [index, file] of found.entries()) {
    await copyUdfFile(iso, file, folder.at(`out-${index}`));
    expect((await readFile(folder.at(`out-${index}`))).equals(Buffer.from(files[file.path] ?? 'none'))).toBe(
      true,
    );
  }
});

/** Offsets of genisoimage's volume descriptors: the main sequence begins at sector 32. */
const SECTOR = 2048;

/** Bytes of a descriptor in the main sequence, its checksum of the tag untouched. */
async function damage(iso: string, tag: number, at: number, bytes: readonly number[]): Promise<void> {
  const disc = await readFile(iso);
  const anchor = 256 * SECTOR;
  const first = disc.readUInt32LE(anchor + 20);
  for (let sector = first; sector < first + 16; sector++) {
    if (disc.readUInt16LE(sector * SECTOR) !== tag) continue;
    Buffer.from(bytes).copy(disc, sector * SECTOR + at);
    await writeFile(iso, disc);
    return;
  }
  throw new Error(`no descriptor ${tag}`);
}

const small = (folder: TestFolder) => writeDisc(folder.path, { a: 'x' });

it.each<[string, (iso: string) => Promise<void>, string, string]>([
  [
    'a part of a set',
    (iso) => damage(iso, 1, 56, [2, 0, 3, 0]),
    'The UDF file system of disc is of a kind that is not read.',
    'part 2 of a set of 3',
  ],
  [
    'a metadata partition',
    (iso) => damage(iso, 6, 440, [2, 64, 0, 0, 0, ...Buffer.from('*UDF Metadata Partition')]),
    'The UDF file system of disc is of a kind that is not read.',
    '1 of type 2 (*UDF Metadata Partition)',
  ],
  [
    'two partitions',
    (iso) => damage(iso, 6, 268, [2]),
    'The UDF file system of disc is of a kind that is not read.',
    '2 of type 1',
  ],
  [
    'blocks of another size',
    (iso) => damage(iso, 6, 212, [0, 2, 0, 0]),
    'The UDF file system of disc is of a kind that is not read.',
    '512 bytes',
  ],
  [
    'a checksum that is wrong',
    (iso) => damage(iso, 6, 4, [1]),
    'The UDF file system of disc is damaged.',
    'one whose checksum is wrong',
  ],
  [
    'a disc that is cut off',
    (iso) => truncate(iso, 258 * SECTOR),
    'The UDF file system of disc is damaged.',
    '',
  ],
  ['no disc', (iso) => writeFile(iso, Buffer.alloc(100_000, 'x')), 'disc is no image of a disc.', 'none'],
  ['nothing', (iso) => writeFile(iso, ''), 'disc is no image of a disc.', '0 bytes'],
])('refuses %s', async (_, change, what, found) => {
  await using folder = await testFolder();
  const iso = await small(folder);
  expect(read(iso)).toHaveLength(1);
  await change(iso);
  const failure = failureOf(() => read(iso));
  expect(failure).toBeInstanceOf(Failure);
  expect(failure.diagnostics[0].what).toBe(what);
  expect(failure.diagnostics[0].found).toContain(found);
});

it('refuses a disc without UDF', async () => {
  await using folder = await testFolder();
  const iso = await writeDisc(folder.path, { a: 'x' }, ['-J']);
  expect(failureOf(() => read(iso)).diagnostics[0]).toEqual({
    what: 'disc has no UDF file system, only ISO 9660.',
    expected: 'a disc of Windows, whose files are in UDF',
    hint: 'Take the ISO as its maker offers it, or make it again with UDF (genisoimage -udf).',
  });
});

it('reads a damaged disc to its end or says what is wrong, whichever byte is another', async () => {
  await using folder = await testFolder();
  const iso = await small(folder);
  const right = await readFile(iso);
  // What is not zero, and not the file system of ISO 9660: descriptors, folders, file entries.
  const places = [...right.keys()].filter((at) => at >= 32 * SECTOR && right[at] !== 0 && at % 7 === 0);
  const copy = folder.at('damaged.iso');
  for (const at of places.filter((_, index) => index % Math.ceil(places.length / 100) === 0)) {
    for (const value of [0, 0xff]) {
      const bytes = Buffer.from(right);
      bytes[at] = value;
      await writeFile(copy, bytes);
      try {
        read(copy);
      } catch (error) {
        expect(error, `byte ${at} = ${value}`).toBeInstanceOf(Failure);
      }
    }
  }
});
