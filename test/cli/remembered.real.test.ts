/** A recipe without a lock is resolved once: afterwards its archives are asked whether anything has changed, and for nothing else. */
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lunsmith } from '../util/cli.js';
import { packagesRecipe } from '../util/packages-recipe.js';
import { type SmallArchive, type SmallPackage, smallArchive } from '../util/small-archive.js';

let archive: SmallArchive;
let home: string;
const INDEX = '/debian/dists/testing/InRelease';

beforeAll(async () => {
  archive = await smallArchive('testing');
  home = await mkdtemp(join(tmpdir(), 'lunsmith-remembered-'));
  await copyFile(archive.keyring, join(home, 'keyring.gpg'));
  await writeFile(join(home, 'package.json'), '{ "name": "demo", "version": "1.0.0", "private": true }');
  await recipe('server');
  await publish('1', {});
});
afterAll(async () => {
  await archive[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

const publish = (
  server: string,
  release: Parameters<SmallArchive['publish']>[1],
  more: SmallPackage[] = [],
) =>
  archive.publish(
    [
      { name: 'base', fields: { Essential: 'yes', Priority: 'required' } },
      { name: 'server', version: server },
      ...more,
    ],
    release,
  );

const recipe = (install: string) =>
  writeFile(
    join(home, 'recipe.yaml'),
    packagesRecipe(
      `uses: debootstrap
    with: { suite: testing, pockets: [], mirror: '${archive.url}', keyring: keyring.gpg }`,
      install,
    ),
  );

/** @returns what the archive was asked for, and the key of the whole */
async function plan(...args: string[]) {
  const before = archive.asked.length;
  const { exitCode, stdout, stderr } = await lunsmith([
    'plan',
    home,
    '--json',
    '--workspace',
    join(home, 'work'),
    ...args,
  ]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const [document] = JSON.parse(stdout) as [{ readonly release: string; readonly locked: boolean }];
  expect(document.locked).toBe(false);
  return { release: document.release, asked: archive.asked.slice(before) };
}

it('one request tells that nothing has changed, and none is made within the time that is given', async () => {
  const first = await plan();
  expect(first.asked.length).toBeGreaterThan(1);
  // Who resolved them again would have to fetch the package lists too.
  await rm(join(home, 'work/store/resolve/lists'), { recursive: true });
  const second = await plan();
  expect(second).toEqual({ release: first.release, asked: [INDEX] });
  expect(await plan()).toEqual(second);
  expect(await plan('--index-age', '1h')).toEqual({ release: first.release, asked: [] });
});

it('all is resolved anew when the archive, the request or a keyring is another', async () => {
  const before = await plan('--index-age', '1h');
  await publish('2', {});
  const changed = await plan();
  expect(changed.release).not.toBe(before.release);
  expect(changed.asked.length).toBeGreaterThan(1);
  expect((await plan()).asked).toEqual([INDEX]);

  await publish('2', {}, [{ name: 'extra' }]);
  await plan();
  await recipe('server, extra');
  const other = await plan('--index-age', '1h');
  expect(other.asked.length).toBeGreaterThan(0);
  expect((await plan('--index-age', '1h')).asked).toEqual([]);

  await copyFile(archive.otherKeyring, join(home, 'keyring.gpg'));
  const refused = await lunsmith([
    'plan',
    home,
    '--json',
    '--workspace',
    join(home, 'work'),
    '--index-age',
    '1h',
  ]);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain('signature');
  await copyFile(archive.keyring, join(home, 'keyring.gpg'));
  await recipe('server');
});

it('an index that is valid no more is no answer', async () => {
  await publish('3', { validUntil: new Date(Date.now() + 3_600_000) });
  await plan();
  expect((await plan('--index-age', '1h')).asked).toEqual([]);
  const kept = join(home, 'work/store/resolve/resolved');
  let changed = 0;
  for (const name of await readdir(kept)) {
    const text = await readFile(join(kept, name), 'utf8');
    const expired = text.replace(/"until": "[^"]*"/, '"until": "2026-01-01T00:00:00Z"');
    if (expired !== text) changed += 1;
    await writeFile(join(kept, name), expired);
  }
  expect(changed).toBe(1);
  expect((await plan('--index-age', '1h')).asked).not.toEqual([]);
});

it('what was kept and is damaged is resolved anew', async () => {
  await publish('4', {});
  const { release } = await plan();
  const kept = join(home, 'work/store/resolve/resolved');
  const names = await readdir(kept);
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) await writeFile(join(kept, name), '{"format":"lunsmith-resolution/1"');
  const again = await plan('--index-age', '1h');
  expect(again.release).toBe(release);
  expect(again.asked).not.toEqual([]);
  expect((await plan('--index-age', '1h')).asked).toEqual([]);
});
