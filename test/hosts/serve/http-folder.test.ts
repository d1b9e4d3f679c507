import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { filesOf } from '../../../hosts/serve/http-folder.js';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lunsmith-http-'));
  for (const state of ['1', '2']) {
    await mkdir(join(home, 'states', state), { recursive: true });
    await writeFile(join(home, 'states', state, 'boot.ipxe'), state);
  }
  await symlink('states/1', join(home, 'http'));
});
afterAll(() => rm(home, { recursive: true }));

const missed: string[] = [];
const find = (path: string) =>
  filesOf(join(home, 'http'), async (missing) => {
    missed.push(missing);
    await writeFile(join(home, 'http', missing), 'made');
  })(path);
const read = async (path: string) => {
  const served = await find(path);
  return served !== undefined && 'file' in served ? readFile(served.file, 'utf8') : undefined;
};

it('finds what the folder is at that moment', async () => {
  expect(await read('/boot.ipxe')).toBe('1');
  await symlink('states/2', join(home, 'next'));
  await rename(join(home, 'next'), join(home, 'http'));
  expect(await read('/boot.ipxe')).toBe('2');
  expect(missed).toEqual([]);
});

it('asks for what is missing, once', async () => {
  expect(await read('/late.ipxe')).toBe('made');
  expect(await read('/late.ipxe')).toBe('made');
  expect(missed).toEqual(['/late.ipxe']);
});
