import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HALF_WRITTEN, partialOf, replaceFile } from '../../base/replace-file.js';
import { testFolder } from '../artifacts/formats/tools.js';

const modeOf = async (path: string) => (await stat(path)).mode & 0o7777;

it('replaces a file whole, and leaves nothing beside it', async () => {
  await using folder = await testFolder();
  const path = join(folder.path, 'a');
  await writeFile(path, 'old');
  await replaceFile(path, 'new');
  expect(await readFile(path, 'utf8')).toBe('new');
  expect(await readdir(folder.path)).toEqual(['a']);
});

it('gives exactly the mode that is asked for', async () => {
  await using folder = await testFolder();
  const path = join(folder.path, 'a');
  await replaceFile(path, new Uint8Array([0, 255]), { mode: 0o666 });
  expect(await modeOf(path)).toBe(0o666);
  await replaceFile(path, 'secret', { mode: 0o600 });
  expect(await modeOf(path)).toBe(0o600);
});

it('writes a file under a name that tells what it is', () => {
  expect(partialOf('/some/where')).toMatch(HALF_WRITTEN);
  expect('/some/where').not.toMatch(HALF_WRITTEN);
});

it('leaves the old file, and nothing else, when it fails', async () => {
  await using folder = await testFolder();
  await mkdir(join(folder.path, 'folder', 'x'), { recursive: true });
  await expect(replaceFile(join(folder.path, 'folder'), 'new')).rejects.toThrow('EISDIR');
  expect(await readdir(folder.path)).toEqual(['folder']);
});
