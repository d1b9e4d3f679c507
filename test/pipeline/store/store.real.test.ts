import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { openStore } from '../../../pipeline/store/store.js';
import { ask, testFolder } from '../../artifacts/formats/tools.js';
import { stepRecord } from '../../util/step-record.js';

it('is used by several processes at once', async () => {
  await using folder = await testFolder();
  const path = folder.at('store');
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'].map((digit) => digit.repeat(64));
  const salts = await Promise.all(
    keys.map((key) =>
      ask(process.execPath, 'dist/test/inside/store-user.js', path, key, JSON.stringify(stepRecord(key))),
    ),
  );
  expect(new Set(salts).size).toBe(1);
  const store = await openStore(path);
  expect(salts[0]).toBe(`${(await store.salt()).toString('hex')}\n`);
  expect((await store.keys()).sort()).toEqual(keys);
  for (const key of keys) expect(await store.find(key)).toEqual(stepRecord(key));
  expect(keys).toContain((await store.last('demo', 'packages'))?.key);
  // Nothing that was being written is left.
  expect((await readdir(path)).sort()).toEqual(
    ['in-use', 'last', 'locks', 'pool', 'releases', 'resolve', 'roots', 'salt', 'steps', 'trash'].sort(),
  );
  expect(await readdir(folder.at('store/last/demo'))).toEqual(['packages']);
});
