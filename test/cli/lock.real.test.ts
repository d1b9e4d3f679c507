/** `lunsmith lock` as a user runs it, against a small archive that changes. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatBytes } from '../../cli/render/text.js';
import type { Lock } from '../../pipeline/plan/lock/lock.js';
import { lunsmith } from '../util/cli.js';
import { packagesRecipe } from '../util/packages-recipe.js';
import { type SmallArchive, type SmallPackage, smallArchive } from '../util/small-archive.js';

let archive: SmallArchive;
let home: string;
beforeAll(async () => {
  archive = await smallArchive('testing');
  home = await mkdtemp(join(tmpdir(), 'lunsmith-lock-'));
  await writeFile(join(home, 'package.json'), '{ "name": "demo", "version": "1.0.0", "private": true }');
});
afterAll(async () => {
  await archive[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

const publish = (server: string, more: readonly SmallPackage[] = []) =>
  archive.publish(
    [
      { name: 'base', fields: { Essential: 'yes', Priority: 'required' } },
      { name: 'shown', fields: { Priority: 'required' } },
      { name: 'server', version: server, fields: { Depends: 'lib' } },
      { name: 'lib', version: server },
      ...more,
    ],
    { date: new Date(Date.UTC(2026, 0, 1 + more.length)) },
  );

const recipe = (install: string, architecture = 'amd64') =>
  writeFile(
    join(home, 'recipe.yaml'),
    packagesRecipe(
      `uses: debootstrap
    with: { suite: testing, pockets: [], mirror: '${archive.url}', keyring: '${archive.keyring}' }`,
      install,
      architecture,
    ),
  );

async function lock(...args: string[]) {
  const { exitCode, stdout, stderr } = await lunsmith([
    'lock',
    home,
    '--workspace',
    join(home, 'work'),
    ...args,
  ]);
  const clean = (text: string) =>
    text
      .replaceAll(`${home}/`, '')
      // A path is shown as the shorter one of both.
      .replaceAll(`${relative('.', home)}/`, '')
      .replaceAll(home, 'HOME')
      .trim()
      .split('\n');
  return { exitCode, out: clean(stdout), err: clean(stderr) };
}

const bytesOf = (name: string) => archive.content(`pool/main/${name}_1_all.deb`)?.length ?? 0;

async function written(): Promise<Lock> {
  return JSON.parse(await readFile(join(home, 'recipe.lock'), 'utf8')) as Lock;
}

it('is written, stays, follows the recipe, and is brought up to date', async () => {
  await publish('1');
  await recipe('server');
  const size = ['base', 'shown', 'server', 'lib'].map(bytesOf).reduce((a, b) => a + b);

  expect(await lock()).toEqual({
    exitCode: 0,
    out: [`demo: wrote recipe.lock (4 packages, ${formatBytes(size)})`, '  main testing  2026-01-01 00:00'],
    err: [''],
  });
  const first = await readFile(join(home, 'recipe.lock'), 'utf8');

  // A newer archive changes nothing by itself.
  await publish('2', [{ name: 'extra' }]);
  expect((await lock()).out).toEqual([
    `demo: recipe.lock fits the recipe and stays as it is (4 packages, ${formatBytes(size)}; --update resolves anew)`,
  ]);
  expect(await readFile(join(home, 'recipe.lock'), 'utf8')).toBe(first);

  // What is asked for besides is all that comes; the archive has no longer what the lock holds.
  await recipe('server, extra');
  const extra = bytesOf('extra');
  expect((await lock()).out).toEqual([
    `demo: wrote recipe.lock (5 packages, ${formatBytes(size + extra)}): 1 new, +${formatBytes(extra)}`,
    `  + extra  1  +${formatBytes(extra)}  asked for by packages`,
    '  main testing  2026-01-01 00:00 -> 2026-01-02 00:00',
  ]);
  const second = await written();
  expect(second.steps[1]?.packages.map(({ name, version }) => `${name} ${version}`)).toEqual([
    'extra 1',
    'lib 1',
    'server 1',
  ]);

  expect((await lock('--update')).out.slice(1)).toEqual([
    '  ~ lib     1 -> 2    dependency of server',
    '  ~ server  1 -> 2    asked for by packages',
  ]);
});

it('is compared with what the archives have now by `check --online`', async () => {
  const check = async (...args: string[]) => {
    const all = ['check', home, '--workspace', join(home, 'work'), ...args];
    const { exitCode, stdout, stderr } = await lunsmith(all);
    return {
      exitCode,
      out: stdout.trim().replaceAll(relative('.', home), 'HOME').replaceAll(home, 'HOME'),
      err: stderr.trim(),
    };
  };
  await rm(join(home, 'recipe.lock'), { force: true });
  await publish('4');
  await recipe('server');
  expect(await check('--online')).toEqual({
    exitCode: 0,
    out: 'demo: 6 steps, 4 packages, nothing is missing  (HOME)',
    err: '',
  });
  await lock();
  await publish('5', [{ name: 'extra' }]);
  expect(await check()).toMatchObject({ out: 'demo: 6 steps, nothing is missing  (HOME)' });
  expect(await check('--online')).toMatchObject({
    exitCode: 0,
    out: 'demo: 6 steps, 4 packages, nothing is missing; the archives have another version of 2, which `lock --update` takes  (HOME)',
  });
  expect(JSON.parse((await check('--online', '--json')).out)).toMatchObject({
    packages: { count: 4, changed: 2 },
  });
  // A lock that does not fit, then names and suites that nobody has.
  await recipe('server, sever');
  expect(await check('--online')).toMatchObject({ exitCode: 3 });
  await rm(join(home, 'recipe.lock'));
  const unknown = await check('--online');
  expect([unknown.exitCode, unknown.out]).toEqual([3, '']);
  expect(unknown.err).toContain('recipe.yaml:6:11 The archive has no package sever.');
  expect(unknown.err).toContain('Did you mean server?');
  // The indexes that were fetched answer too, without a request; what they do not know may be there now.
  const requests = archive.asked.length;
  const kept = await check();
  expect([kept.exitCode, kept.err]).toEqual([0, '']);
  expect(kept.out).toContain('recipe.yaml:6:11: The archive has no package sever.');
  expect(kept.out.replaceAll(/\s+/g, ' ')).toContain(
    'Did you mean server? So it was when the archives were last asked; `check --online` asks them now.',
  );
  expect(archive.asked.length).toBe(requests);
  await recipe('server');
  expect((await check()).out).toBe('demo: 6 steps, nothing is missing  (HOME)');
  const text = await readFile(join(home, 'recipe.yaml'), 'utf8');
  await writeFile(join(home, 'recipe.yaml'), text.replace('suite: testing', 'suite: bookwurm'));
  const suite = await check('--online');
  expect(suite.err).toContain('bookwurm');
  expect(suite.exitCode).not.toBe(0);
});

it('says as JSON what it did', async () => {
  await publish('3');
  await recipe('server');
  await rm(join(home, 'recipe.lock'), { force: true });
  const document: unknown = JSON.parse((await lock('--json')).out.join('\n'));
  expect(document).toEqual([
    {
      recipe: 'demo',
      file: 'recipe.lock',
      did: 'written',
      packages: 4,
      indexes: (await written()).indexes,
      diff: null,
    },
  ]);
});

it('replaces a lock that is broken, and says so', async () => {
  await publish('3');
  await recipe('server');
  await writeFile(join(home, 'recipe.lock'), '{ "format": ');
  const { exitCode, out, err } = await lock();
  expect(exitCode).toBe(0);
  expect([...out, ...err].join('\n')).toContain('recipe.lock:1: The lock is broken here.');
  expect((await written()).steps).toHaveLength(2);
});

it('leaves the lock alone when the packages cannot be resolved', async () => {
  await publish('3');
  await recipe('server');
  await lock();
  const before = await readFile(join(home, 'recipe.lock'), 'utf8');
  await recipe('sevrer');
  const { exitCode, err } = await lock();
  expect(exitCode).toBe(3);
  expect(err.join('\n')).toContain('The archive has no package sevrer.');
  expect(await readFile(join(home, 'recipe.lock'), 'utf8')).toBe(before);
});

it('a build refuses one that is stale', async () => {
  await publish('3');
  await recipe('server');
  await lock();
  await recipe('server, lib');
  const result = await lunsmith([
    'build',
    home,
    '--workspace',
    join(home, 'work'),
    '--output',
    join(home, 'out'),
  ]);
  expect(result.exitCode).toBe(3);
  expect(result.stderr.replaceAll(home, 'HOME')).toContain(
    'The step `packages` asks for other packages than when the lock was written.',
  );
  expect(result.stderr.replaceAll(home, 'HOME')).toContain('Hint: Run `npx lunsmith lock HOME`.');
});
