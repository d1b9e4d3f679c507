import { mkdir, mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { removeTree } from '../../base/remove-tree.js';
import { makeDeepPath, makeOddNames } from '../util/odd-names.js';

it('removes names of any bytes at any depth, follows no link, and leaves the rest', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'remove-tree-'));
  await mkdir(join(folder, 'tree'));
  await makeOddNames(join(folder, 'tree'));
  await makeDeepPath(join(folder, 'tree'));
  await writeFile(join(folder, 'stays'), '');
  await symlink('../stays', join(folder, 'tree/link'));
  await removeTree(join(folder, 'tree'));
  expect(await readdir(folder)).toEqual(['stays']);
  await removeTree(join(folder, 'not there'));
  await removeTree(join(folder, 'stays'));
  expect(await readdir(folder)).toEqual([]);
  await removeTree(folder);
});
