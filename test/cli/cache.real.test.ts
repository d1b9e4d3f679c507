import { link, mkdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../base/failure.js';
import { addCacheCommand } from '../../cli/commands/cache.js';
import { openSession } from '../../cli/session.js';
import { enterSandbox } from '../../pipeline/sandbox/enter.js';
import { poolFile } from '../../pipeline/store/pool.js';
import { useStore } from '../../pipeline/store/temporary-roots.js';
import type { SandboxInside } from '../inside/sandbox.js';
import {
  addEntry,
  addPackage,
  addRelease,
  keyOf,
  makeTrueEntry,
  type TestStore,
  testStore,
  usedDaysAgo,
} from '../pipeline/store/a-store.js';
import { pipes } from './fake-terminal.js';

let at: TestStore;
beforeEach(async () => {
  at = await testStore();
});
afterEach(() => at[Symbol.asyncDispose]());

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `lunsmith cache …` with the test's workspace, from the test's folder. */
async function cache(...args: string[]): Promise<Outcome> {
  const terminal = { ...pipes({ HOME: '/home/u' }), cwd: at.folder };
  const session = openSession(terminal, new AbortController().signal);
  const program = new Command('lunsmith').exitOverride().configureOutput({ writeErr: () => undefined });
  addCacheCommand(program, session);
  let code = 0;
  try {
    await program.parseAsync(['cache', ...args, '--workspace', 'work'], { from: 'user' });
  } catch (error) {
    const failure = Failure.from(error);
    code = failure.exitCode;
    session.fail(failure);
  } finally {
    session.close();
  }
  return { code, out: terminal.out(), err: terminal.err() };
}

/** An output of the step `boot`, with a kernel that all of them share. */
async function boot(name: string): Promise<void> {
  const fill = async (output: string) => {
    await writeFile(join(output, 'cmdline'), name);
    await writeFile(join(output, 'vmlinuz'), 'k'.repeat(40_960));
  };
  await makeTrueEntry(at, name, 'output', fill, 'boot');
}

const short = (name: string) => keyOf(name).slice(0, 12);

describe('cache ls', () => {
  it('shows entries, who needs them, and totals', async () => {
    await addEntry(at, 'base', { days: 3, bytes: 410_000_000 });
    await addEntry(at, 'image', { days: 0, kind: 'output', bytes: 1_200_000 });
    await addEntry(at, 'image/root', { days: 1, kind: 'part', bytes: 1_000_000 });
    await addPackage(at, 'p', 4, 1);
    await addRelease(at, 'r', ['base', 'image']);
    await using _use = await useStore(at.store, 'tiny-1', { keys: [keyOf('base')], packages: [] }, at.ports);
    const { code, out, err } = await cache('ls');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')).toEqual([
      'key           kind    recipe  step      size     used      in use by',
      `${short('image')}  output  tiny  image       1.20 MB  just now  1 release`,
      `${short('image/root')}  part    tiny  image/root  1.00 MB  24 h ago  -`,
      `${short('base')}  layer   tiny  base        410 MB   3 d ago   1 release, 1 running build`,
      '',
      '1 layer    410 MB',
      '1 output   1.20 MB',
      '1 part     1.00 MB',
      '1 package  4.10 kB',
      '412 MB in work/store',
      '',
    ]);
  });

  it('counts files of several entries once, and tells of those that a release has too', async () => {
    for (const name of ['a', 'b']) await boot(name);
    const release = await addRelease(at, 'r', ['b']);
    await link(join(at.store.entry(keyOf('b')), 'output', 'cmdline'), join(release, 'cmdline'));
    const { out } = await cache('ls');
    expect(out.split('\n').slice(-5)).toEqual([
      '2 outputs      4.10 kB',
      '1 shared file  41.0 kB',
      '45.1 kB in work/store',
      '4.10 kB more belong to releases as well.',
      '',
    ]);
    expect((await cache('explain', short('b'))).out).toContain(
      'Size       45.1 kB in 2 names, 4.10 kB of it belong to a release as well, 41.0 kB of it belong to other entries as well\n',
    );
    expect((await cache('gc', '--max-size', '0', '--dry-run')).out.split('\n').slice(-4)).toEqual([
      `  ${short('a')}  output  tiny  boot  4.10 kB  used just now`,
      'Would free 4.10 kB: 41.0 kB of at most 0 B would be left in work/store',
      'still 41.0 kB over the budget: 1 release in out uses them',
      '',
    ]);
  });

  it('says that nothing is kept yet', async () => {
    await rm(at.workspace, { recursive: true });
    expect(await cache('ls')).toEqual({ code: 0, out: 'Nothing is kept yet in work/store.\n', err: '' });
    await expect(stat(at.workspace)).rejects.toThrow('ENOENT');
  });

  it('prints one JSON document', async () => {
    const key = await addEntry(at, 'base');
    const { out } = await cache('ls', '--json');
    expect(JSON.parse(out)).toMatchObject({ entries: [{ key, kind: 'layer', bytes: 1000 }], incomplete: 0 });
  });
});

describe('cache explain', () => {
  it('shows every input, what it stands on and what differs', async () => {
    const secret = 'ab'.repeat(32);
    await addEntry(at, 'base', { days: 9 });
    await addEntry(at, 'old', { step: 'users', below: 'base', made: '2026-01-01T00:00:00.000Z', days: 2 });
    const key = await addEntry(at, 'now', {
      step: 'users',
      below: 'base',
      days: 0,
      records: { 'users.names': ['ann'] },
      inputs: {
        options: { users: [{ name: 'ann' }] },
        secrets: { 'env:PASSWORD': secret },
        packages: { 'adduser:all': `3.134 sha256 ${'cd'.repeat(32)}` },
      },
    });
    const release = await addRelease(at, 'r', ['now']);
    const { code, out, err } = await cache('explain', key.slice(0, 8));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')).toEqual([
      `Key        ${key}`,
      'What       layer of tiny, step users',
      'Made       2026-01-02T03:04:05.000Z, in 2.0 s',
      'Used       just now',
      'Size       1.00 kB in 1 name',
      'In use by  1 release',
      `  ${release.slice(at.folder.length + 1)}`,
      '',
      'Stands on',
      `  ${short('base')}  tiny  base`,
      '',
      'Recorded',
      '  users.names  ["ann"]',
      '',
      `Older entry of the same step: ${short('old')} of 2026-01-01T00:00:00.000Z, older -> newer`,
      '  options.users[0].name: absent -> "ann"',
      '  packages.adduser:all: absent -> "3.134 sha256 cdcdcdcdcdcd…"',
      '  secrets.env:PASSWORD: absent -> "abababababab…"',
      '',
      'Inputs',
      `  below  ${short('base')}…`,
      `  code   ${short('code')}…`,
      '  stage  files',
      '  options',
      '    users  [{"name":"ann"}]',
      '  facts',
      '    architecture  amd64',
      '    epoch         1',
      '  secrets, by HMAC',
      '    env:PASSWORD  abababababab…',
      '  packages',
      '    adduser:all  3.134 sha256 cdcdcdcdcdcd…',
      '',
    ]);
  });

  it('is wrong about a key that is not there', async () => {
    expect(await cache('explain', '012345')).toEqual({
      code: 2,
      out: '',
      err: 'error: No entry of the store has a key that begins with `012345`.\n  Hint: `npx lunsmith cache ls` lists all keys.\n',
    });
  });
});

describe('cache gc', () => {
  it('tells what went, what is left, and why it is still too much', async () => {
    await addEntry(at, 'a', { days: 3, bytes: 50_000_000 });
    await addEntry(at, 'b', { days: 2, bytes: 3_100_000 });
    await addEntry(at, 'c', { days: 1, bytes: 2_000_000 });
    for (const name of ['r1', 'r2']) await addRelease(at, name, ['b']);
    await addPackage(at, 'p', 8, 5);
    const half = join(at.workspace, 'builds', 'half');
    await mkdir(half, { recursive: true });
    await writeFile(join(half, 'file'), 'x'.repeat(5000));
    await rename(half, at.store.entry(keyOf('half')));
    const size = (await stat(at.store.entry(keyOf('half')))).blocks * 512 + 8192;
    const kilo = (bytes: number) => `${(bytes / 1000).toFixed(bytes < 99_950 ? 1 : 0)} kB`;
    const lines = (first: string, last: string) => [
      `  ${short('a')}  layer  tiny  a  50.0 MB  used 3 d ago`,
      `  ${short('c')}  layer  tiny  c  2.00 MB  used 24 h ago`,
      '  1 package, 8.19 kB',
      `  1 entry without a record, ${kilo(size)}`,
      `${first} 52.0 MB: 3.10 MB of at most 1 MiB ${last} in work/store`,
      'still 2.05 MB over the budget: 2 releases in out use them',
      '',
    ];
    const dry = await cache('gc', '--max-size', '1M', '--dry-run');
    expect(dry.out.split('\n')).toEqual(lines('Would free', 'would be left'));
    const { code, out, err } = await cache('gc', '--max-size', '1M');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')).toEqual(lines('Freed', 'are left'));
    expect(await at.store.keys()).toEqual([keyOf('b')]);
  });

  it('frees nothing within the budget of 20 GiB', async () => {
    await addEntry(at, 'a');
    expect(await cache('gc')).toEqual({
      code: 0,
      out: 'Freed 0 B: 1.00 kB of at most 20 GiB are left in work/store\n',
      err: '',
    });
  });

  it('removes everything for a budget of nothing', async () => {
    await addEntry(at, 'a');
    const { out } = await cache('gc', '--max-size', '0', '--json');
    expect(JSON.parse(out)).toMatchObject({ before: 1000, after: 0, budget: 0, dryRun: false });
    expect(await at.store.keys()).toEqual([]);
  });

  it('names builds and trees that keep it over the budget', async () => {
    await addEntry(at, 'a', { bytes: 4_000_000 });
    await addEntry(at, 'b', { bytes: 4_000_000 });
    const failed = join(at.workspace, 'failed', 'tiny-2');
    await mkdir(failed, { recursive: true });
    const below = [join(at.store.entry(keyOf('b')), 'tree')];
    await writeFile(join(failed, 'failed.json'), JSON.stringify({ step: 'c', architecture: 'amd64', below }));
    await using _use = await useStore(at.store, 'tiny-1', { keys: [keyOf('a')], packages: [] }, at.ports);
    expect((await cache('gc', '--max-size', '0')).out.split('\n')[1]).toBe(
      'still 8.00 MB over the budget: 1 running build, 1 kept tree of a failed step use them',
    );
    await rm(failed, { recursive: true });
    expect((await cache('gc', '--max-size', '0')).out.split('\n')[2]).toBe(
      'still 4.00 MB over the budget: 1 running build uses them',
    );
  });

  it('removes files of mapped users', async () => {
    const key = await addEntry(at, 'a');
    const folder = join(at.store.entry(key), 'tree');
    const payload: SandboxInside = { do: 'owners', folder };
    const inside = { module: 'test/inside/sandbox.js', payload, network: 'own' } as const;
    await enterSandbox(inside, () => undefined, new AbortController().signal);
    expect((await cache('gc', '--max-size', '0')).code).toBe(0);
    await expect(stat(folder)).rejects.toThrow('ENOENT');
  });

  it.each([
    [
      '20X',
      'Not a size. Expected a whole number of bytes, or one with K, M, G or T (binary units: 1M is 1 MiB), in multiples of 1 MiB, or 0.',
    ],
    [
      '20gb',
      'Not a size. Expected a whole number of bytes, or one with K, M, G or T (binary units: 1M is 1 MiB), in multiples of 1 MiB, or 0. Write `20G`.',
    ],
    [
      '',
      'Not a size. Expected a whole number of bytes, or one with K, M, G or T (binary units: 1M is 1 MiB), in multiples of 1 MiB, or 0.',
    ],
  ])('refuses a budget of %j', async (budget, reason) => {
    const { code, err } = await cache('gc', '--max-size', budget);
    expect(code).not.toBe(0);
    expect(err).toContain(`error: option '--max-size <size>' argument '${budget}' is invalid. ${reason}`);
  });
});

describe('cache verify', () => {
  const layer = (name: string) =>
    makeTrueEntry(at, name, 'layer', (tree) => writeFile(join(tree, 'file'), 'text'));
  const damage = (name: string) => rm(join(at.store.entry(keyOf(name)), 'tree', 'file'));

  it('tells that all is sound', async () => {
    await layer('a');
    await addPackage(at, 'p', 4, 0);
    const { code, out, err } = await cache('verify');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.split('\n');
    expect(lines[0]).toBe(`[    0.0] verify ${at.store.path}: 2 tasks`);
    expect(lines.at(-2)).toBe('✔ 1 entry and 1 package, 8.19 kB, in work/store: all as they were written');
  });

  it('names all that is damaged, and fails', async () => {
    await layer('a');
    await damage('a');
    const digest = await addPackage(at, 'p', 4, 0);
    await truncate(poolFile(at.store.pool, digest), 0);
    const { code, out, err } = await cache('verify');
    expect(code).toBe(9);
    expect(out.split('\n').at(-2)).toBe(
      '✘ 1 entry and 1 package, 4.10 kB, in work/store: 2 damaged, 0 removed',
    );
    expect(err.split('\n')).toEqual([
      `error: The store is damaged: the layer ${short('a')}, a of tiny.`,
      '  Found: 0 files instead of 1',
      '  Hint: `npx lunsmith cache verify --repair` removes it; the next build makes it again.',
      '',
      `error: The store is damaged: the package file ${digest.slice(0, 12)}.`,
      `  Found: its 0 bytes have the sha256 ${keyOf('')}`,
      '  Hint: `npx lunsmith cache verify --repair` removes it; the next build fetches it again.',
      '',
    ]);
  });

  it('repairs, and says what', async () => {
    await layer('a');
    await layer('b');
    await damage('a');
    const { code, out, err } = await cache('verify', '--repair');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n').slice(-3)).toEqual([
      `removed the layer ${short('a')}, a of tiny: 0 files instead of 1`,
      '✘ 2 entries and 0 packages, 8.19 kB, in work/store: 1 damaged, 1 removed',
      '',
    ]);
    expect((await cache('verify')).code).toBe(0);
  });

  it('says what it could not remove', async () => {
    await layer('a');
    await damage('a');
    await using _use = await useStore(at.store, 'tiny-1', { keys: [keyOf('a')], packages: [] }, at.ports);
    const { code, err } = await cache('verify', '--repair');
    expect(code).toBe(9);
    expect(err).toContain(
      '  Hint: A running build uses it: run `npx lunsmith cache verify --repair` again when it has ended.\n',
    );
  });

  it('emits what it does as JSON lines', async () => {
    await layer('a');
    const { out } = await cache('verify', '--json');
    const events = out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { type: string });
    expect(events[0]).toMatchObject({ type: 'started', work: 'verify', subject: at.store.path });
    expect(events.at(-1)).toMatchObject({ type: 'task-finished', task: 'packages' });
  });
});

it('keeps a young entry apart from an old one by its last use', async () => {
  await addEntry(at, 'a', { bytes: 1_000_000 });
  await addEntry(at, 'b', { bytes: 1_000_000 });
  await usedDaysAgo(join(at.store.entry(keyOf('b')), 'record.json'), 1);
  await cache('gc', '--max-size', '1M');
  expect(await at.store.keys()).toEqual([keyOf('a')]);
});
