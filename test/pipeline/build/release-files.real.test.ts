import { chmod, lstat, mkdir, mkdtemp, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileSizes } from '../../../artifacts/formats/sparse.js';
import { addOutput } from '../../../pipeline/build/release-files.js';
import { ports, type TestFolder, testFolder } from '../../artifacts/formats/tools.js';

let folder: TestFolder;
const output = (path = '') => join(folder.path, 'output', path);
beforeEach(async () => {
  folder = await testFolder();
  await mkdir(output('boot'), { recursive: true });
  await writeFile(output('boot/menu'), 'menu');
  await writeFile(output('disk.img'), 'disk');
  await truncate(output('disk.img'), 64 << 20);
  await chmod(output('disk.img'), 0o444);
  await utimes(output('disk.img'), 5, 5);
  await mkdir(folder.at('release'));
  await writeFile(folder.at('release/vmlinuz'), 'kernel');
});
afterEach(() => folder[Symbol.asyncDispose]());

const inode = async (path: string) => (await lstat(path)).ino;

it('gives files a second name', async () => {
  await addOutput(output(), folder.at('release'), { changes: false }, ports);
  for (const path of ['disk.img', 'boot/menu'])
    expect(await inode(folder.at(`release/${path}`))).toBe(await inode(output(path)));
  expect(await readFile(folder.at('release/vmlinuz'), 'utf8')).toBe('kernel');
});

it('copies what a hook may change, and lets it', async () => {
  await addOutput(output(), folder.at('release'), { changes: true }, ports);
  await writeFile(folder.at('release/boot/menu'), 'other');
  expect(await readFile(output('boot/menu'), 'utf8')).toBe('menu');
  expect(await inode(folder.at('release/disk.img'))).not.toBe(await inode(output('disk.img')));
});

it('copies what cannot have a name there, holes kept', async () => {
  const elsewhere = await mkdtemp('/dev/shm/lunsmith-release-');
  try {
    await addOutput(output(), elsewhere, { changes: false }, ports);
    const [copy, original] = [join(elsewhere, 'disk.img'), output('disk.img')];
    const facts = async (path: string) => {
      const { size, mode, mtimeMs } = await lstat(path);
      return { size, mode, mtimeMs };
    };
    expect(await facts(copy)).toEqual(await facts(original));
    expect((await fileSizes(copy)).allocated).toBeLessThan(1 << 20);
    expect((await readFile(copy)).equals(await readFile(original))).toBe(true);
    expect(await readFile(join(elsewhere, 'boot', 'menu'), 'utf8')).toBe('menu');
  } finally {
    await rm(elsewhere, { recursive: true });
  }
});

it('says so when there is no output', async () => {
  const work = addOutput(folder.at('missing'), folder.at('release'), { changes: false }, ports);
  await expect(work).rejects.toMatchObject({ kind: 'tool', message: 'Could not put the release together.' });
});
