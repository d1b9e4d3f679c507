import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { fatFilesUnder, smallestFat, writeFat } from '../../../artifacts/formats/fat.js';
import { sha256File } from '../../../artifacts/formats/file-digest.js';
import { createSparse, fileSizes, readAt } from '../../../artifacts/formats/sparse.js';
import { ask, run, type TestFolder, testFolder } from './tools.js';

const MIB = 1024 * 1024;
const OFFSET = 4 * MIB;

async function write(folder: TestFolder, name: string, bytes: number, contents: Record<string, Buffer>) {
  const files = [];
  await mkdir(folder.at('content'), { recursive: true });
  for (const [path, content] of Object.entries(contents)) {
    const source = folder.at(`content/${files.length}`);
    await writeFile(source, content);
    files.push({ path, source });
  }
  await createSparse(folder.at(name), OFFSET + bytes + MIB);
  const file = folder.at('scratch.fat');
  const image = folder.at(name);
  await writeFat(run, image, {
    offset: OFFSET,
    bytes,
    file,
    label: 'esp',
    volumeId: '1234-ABCD',
    epoch: 1_700_000_000,
    files,
  });
  await writeFile(folder.at(`${name}.part`), await readAt(image, OFFSET, bytes));
  return folder.at(`${name}.part`);
}

const CONTENTS = {
  'EFI/BOOT/BOOTX64.EFI': Buffer.alloc(700_000, 'efi'),
  'overlays/a longer name.dtbo': Buffer.from('x'),
  'config.txt': Buffer.from('arm_64bit=1\n'),
};

it.each([
  [64, 'FAT32'],
  [16, 'FAT16'],
])('writes %d MiB that fsck.vfat and blkid take for %s', async (mib, version) => {
  await using folder = await testFolder();
  const part = await write(folder, 'disk.img', mib * MIB, CONTENTS);
  // Three files, three folders and the label.
  expect(await ask('fsck.vfat', '-n', part)).toMatch(/: 7 files, /);
  const found = await ask('blkid', '-p', '-o', 'export', part);
  expect(found).toContain('UUID=1234-ABCD');
  expect(found).toContain('LABEL=ESP');
  expect(found).toContain(`VERSION=${version}`);
  expect(await ask('mtype', '-i', part, '::/config.txt')).toBe('arm_64bit=1\n');
  expect(await ask('mdir', '-b', '-/', '-i', part)).toContain('::/overlays/a longer name.dtbo');
  expect((await fileSizes(folder.at('disk.img'))).allocated).toBeLessThanOrEqual(1.5 * MIB);
  expect((await readdir(folder.path)).includes('scratch.fat')).toBe(false);
});

it('gives the same bytes twice, whatever the order of the files', async () => {
  await using folder = await testFolder();
  await write(folder, 'one.img', 64 * MIB, CONTENTS);
  await write(folder, 'two.img', 64 * MIB, Object.fromEntries(Object.entries(CONTENTS).reverse()));
  expect(await sha256File(folder.at('two.img'), { run })).toBe(
    await sha256File(folder.at('one.img'), { run }),
  );
});

it('fits the least size', async () => {
  await using folder = await testFolder();
  const sizes = [1, 2_000_000, 4097, 0];
  const contents = Object.fromEntries(sizes.map((size, index) => [`f/${index}`, Buffer.alloc(size, 1)]));
  const part = await write(folder, 'disk.img', smallestFat(sizes), contents);
  expect(await ask('fsck.vfat', '-n', part)).toMatch(/: 6 files, /);
});

it('finds the files of a folder', async () => {
  await using folder = await testFolder();
  await mkdir(folder.at('b/c'), { recursive: true });
  await writeFile(folder.at('b/c/d'), '');
  await writeFile(folder.at('a'), '');
  expect(await fatFilesUnder(folder.path)).toEqual([
    { path: 'a', source: folder.at('a') },
    { path: 'b/c/d', source: folder.at('b/c/d') },
  ]);
});
