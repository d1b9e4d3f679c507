import { link, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { measureTree } from '../../../artifacts/formats/tree-size.js';
import { run, testFolder } from './tools.js';

it('counts inodes and blocks of 4 KiB', async () => {
  await using folder = await testFolder();
  await mkdir(folder.at('etc'));
  await writeFile(folder.at('etc/empty'), '');
  await writeFile(folder.at('etc/one'), 'x');
  await writeFile(folder.at('etc/two'), Buffer.alloc(4097, 1));
  // Two directories, three files; a block for each directory and 0 + 1 + 2 for the files.
  expect(await measureTree(run, folder.path)).toEqual({
    inodes: 5,
    blocks: 5,
    dense: { names: 5, blocks: 3, devices: [] },
  });
});

it('counts a hard link once, a short link nothing, and a long link a block', async () => {
  await using folder = await testFolder();
  await writeFile(folder.at('file'), 'x');
  await link(folder.at('file'), folder.at('same'));
  await symlink('x'.repeat(59), folder.at('short'));
  await symlink('x'.repeat(60), folder.at('long'));
  expect(await measureTree(run, folder.path)).toEqual({
    ...{ inodes: 4, blocks: 3 },
    dense: { names: 5, blocks: 2, devices: [] },
  });
});

it('takes names as they are: with a newline, and as the beginning of a hidden one', async () => {
  await using folder = await testFolder();
  await mkdir(folder.at('process'));
  await writeFile(folder.at('process/new\nline'), 'x');
  await symlink('proc', folder.at('to\n0'));
  expect(await measureTree(run, folder.path, ['proc'])).toEqual({
    ...{ inodes: 4, blocks: 3 },
    dense: { names: 4, blocks: 1, devices: [] },
  });
});

it('leaves out holes, and what is in hidden directories', async () => {
  await using folder = await testFolder();
  await mkdir(folder.at('proc/1'), { recursive: true });
  await writeFile(folder.at('proc/kcore'), Buffer.alloc(100_000, 1));
  await writeFile(folder.at('holes'), '');
  await truncate(folder.at('holes'), 1024 ** 3);
  expect(await measureTree(run, folder.path, ['proc'])).toEqual({
    ...{ inodes: 3, blocks: 2 },
    dense: { names: 3, blocks: 262_144, devices: [] },
  });
});

it('counts the blocks of a large directory', async () => {
  await using folder = await testFolder();
  for (let file = 0; file < 200; file += 1) await writeFile(folder.at(`${file}`.padStart(50, 'x')), '');
  // 200 entries of 8 + 52 bytes do not fit into two blocks.
  expect(await measureTree(run, folder.path)).toEqual({
    ...{ inodes: 201, blocks: 3 },
    dense: { names: 201, blocks: 0, devices: [] },
  });
});
