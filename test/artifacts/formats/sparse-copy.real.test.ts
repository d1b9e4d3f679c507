import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createSparse, fileSizes, writeAt } from '../../../artifacts/formats/sparse.js';
import { copySparse } from '../../../artifacts/formats/sparse-copy.js';
import type { Argv } from '../../../base/ports.js';
import { run, type TestFolder, testFolder } from './tools.js';

const MIB = 1024 * 1024;

/** An image with data at its ends and in between, longer than what is copied at once. */
async function sample(size = 64 * MIB): Promise<TestFolder> {
  const folder = await testFolder();
  await createSparse(folder.at('source'), size);
  await writeAt(folder.at('source'), 0, Buffer.from('begin'));
  await writeAt(folder.at('source'), 10 * MIB + 123, Buffer.alloc(9 * MIB, 'middle'));
  await writeAt(folder.at('source'), size - 3, Buffer.from('end'));
  await chmod(folder.at('source'), 0o444);
  return folder;
}

const same = async (folder: TestFolder) =>
  (await readFile(folder.at('source'))).equals(await readFile(folder.at('target')));

it('copies an image and its holes, without any tool but the one that finds them', async () => {
  await using folder = await sample();
  const used: string[] = [];
  const watching: typeof run = (argv, options) => {
    used.push(argv[0]);
    return run(argv, options);
  };
  await copySparse(watching, folder.at('source'), folder.at('target'));
  expect(used.filter((tool) => tool !== 'filefrag')).toEqual([]);
  expect(await same(folder)).toBe(true);
  const { allocated, apparent } = await fileSizes(folder.at('target'));
  expect(apparent).toBe(64 * MIB);
  expect(allocated).toBeLessThan(10 * MIB);
  expect(((await stat(folder.at('target'))).mode & 0o777).toString(8)).toBe('644');
});

it.each([
  ['holes cannot be found', 64 * MIB, true],
  ['a length is no multiple of a block', 64 * MIB + 1, false],
])('leaves it to cp when %s', async (_, size, blind) => {
  await using folder = await sample(size);
  const tools: Argv[] = [];
  const watching: typeof run = (argv, options) => {
    tools.push(argv);
    if (blind && argv[0] === 'filefrag') return Promise.resolve({ stdout: '', stderr: '', exitCode: 1 });
    return run(argv, options);
  };
  await copySparse(watching, folder.at('source'), folder.at('target'));
  expect(tools.at(-1)?.[0]).toBe('cp');
  expect(await same(folder)).toBe(true);
  expect(((await stat(folder.at('target'))).mode & 0o777).toString(8)).toBe('644');
});

it.each([
  ['past the page cache', false],
  ['by cp', true],
])('leaves out what the copy shall not have, %s', async (_, blind) => {
  await using folder = await sample();
  const blinded: typeof run = (argv, options) =>
    blind && argv[0] === 'filefrag'
      ? Promise.resolve({ stdout: '', stderr: '', exitCode: 1 })
      : run(argv, options);
  const blank = [
    { start: 2, end: 2 * MIB },
    { start: 15 * MIB + 7, end: 64 * MIB - 1 },
  ];
  await copySparse(blinded, folder.at('source'), folder.at('target'), blank);
  const expected = await readFile(folder.at('source'));
  for (const { start, end } of blank) expected.fill(0, start, end);
  expect((await readFile(folder.at('target'))).equals(expected)).toBe(true);
});

it('never replaces a file', async () => {
  await using folder = await sample();
  await writeFile(folder.at('target'), 'mine');
  await expect(copySparse(run, folder.at('source'), folder.at('target'))).rejects.toMatchObject({
    code: 'EEXIST',
  });
  expect(await readFile(folder.at('target'), 'utf8')).toBe('mine');
});

it('leaves nothing when the source is missing', async () => {
  await using folder = await testFolder();
  await expect(copySparse(run, folder.at('source'), folder.at('target'))).rejects.toMatchObject({
    code: 'ENOENT',
  });
  expect(await readdir(folder.path)).toEqual([]);
});
