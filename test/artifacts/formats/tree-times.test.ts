import { lstat, lutimes, mkdir, symlink, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { clampTimes } from '../../../artifacts/formats/tree-times.js';
import { makeDeepPath, makeOddNames } from '../../util/odd-names.js';
import { run, testFolder } from './tools.js';

const EPOCH = 1_000_000_000;
const SINCE = 1_500_000_000;

it('makes times of the build the epoch, and leaves others', async () => {
  await using folder = await testFolder();
  const times = { old: 900_000_000, package: SINCE - 1, first: SINCE, 'with\nnewline': SINCE + 1 };
  await mkdir(folder.at('d'));
  for (const [name, time] of Object.entries(times)) {
    await writeFile(folder.at(`d/${name}`), '');
    await lutimes(folder.at(`d/${name}`), time, time);
  }
  await symlink('nowhere', folder.at('link'));
  await clampTimes(run, folder.path, SINCE, EPOCH);
  const seconds = async (path: string) => (await lstat(folder.at(path))).mtimeMs / 1000;
  expect(await seconds('d/old')).toBe(times.old);
  expect(await seconds('d/package')).toBe(times.package);
  for (const path of ['d/first', 'd/with\nnewline', 'd', 'link', '.'])
    expect(await seconds(path)).toBe(EPOCH);
});

it('leaves times that are not later than the epoch', async () => {
  await using folder = await testFolder();
  await writeFile(folder.at('file'), '');
  for (const path of ['file', '.']) await lutimes(folder.at(path), SINCE, SINCE);
  await clampTimes(run, folder.path, SINCE - 10, SINCE + 10);
  expect((await lstat(folder.at('file'))).mtimeMs / 1000).toBe(SINCE);
});

it('reaches every name and every depth', async () => {
  await using folder = await testFolder();
  await makeOddNames(folder.path);
  await makeDeepPath(folder.path);
  await clampTimes(run, folder.path, SINCE, EPOCH);
  const { stdout } = await run(['find', folder.path, '-printf', '%T@\\n'], { doing: 'list times' });
  const times = stdout.trim().split('\n');
  expect(times).toHaveLength(35);
  expect(new Set(times.map(Number))).toEqual(new Set([EPOCH]));
});
