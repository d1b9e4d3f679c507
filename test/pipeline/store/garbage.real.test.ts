import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../../base/failure.js';
import type { GarbageReport } from '../../../pipeline/store/garbage/report.js';
import { collectGarbage } from '../../../pipeline/store/garbage.js';
import { takeLease } from '../../../pipeline/store/lease.js';
import { poolFile } from '../../../pipeline/store/pool.js';
import { removalLock, useStore, usesFolder } from '../../../pipeline/store/temporary-roots.js';
import {
  addEntry,
  addPackage,
  addRelease,
  type EntryWish,
  keyOf,
  type TestStore,
  testStore,
  usedDaysAgo,
} from './a-store.js';

let at: TestStore;
beforeEach(async () => {
  at = await testStore();
});
afterEach(() => at[Symbol.asyncDispose]());

function collect(budget: number, dryRun = false): Promise<GarbageReport> {
  return collectGarbage({ store: at.store.path, workspace: at.workspace, budget, dryRun }, at.ports);
}

async function add(wishes: Readonly<Record<string, EntryWish>>): Promise<void> {
  for (const [name, wish] of Object.entries(wishes)) await addEntry(at, name, wish);
}

/** Which of the entries are still there. */
async function left(...names: string[]): Promise<string> {
  const found = await Promise.all(names.map((name) => at.store.find(keyOf(name))));
  return names.filter((_, index) => found[index] !== undefined).join(' ');
}

const steps = ({ entries }: GarbageReport) => entries.map(({ step }) => step).join(' ');
const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
const THREE = { a: { days: 3 }, b: { days: 2 }, c: { days: 1 } };

describe('by last use', () => {
  it('removes what was used longest ago until the rest fits', async () => {
    await add(THREE);
    const report = await collect(1500);
    expect(steps(report)).toBe('a b');
    expect(report).toMatchObject({ before: 3000, after: 1000, budget: 1500, dryRun: false });
    expect(report).not.toHaveProperty('over');
    expect(await left('a', 'b', 'c')).toBe('c');
    expect(await at.store.keys()).toEqual([keyOf('c')]);
    expect(await readdir(join(at.store.path, 'trash'))).toEqual([]);
  });

  it('goes by the use, not by the making', async () => {
    await add(THREE);
    await at.store.touch(keyOf('a'));
    expect(steps(await collect(1000))).toBe('b c');
  });

  it('removes nothing within the budget', async () => {
    await add(THREE);
    expect(await collect(3000)).toMatchObject({ entries: [], before: 3000, after: 3000 });
  });

  it('removes everything for a budget of nothing', async () => {
    await add(THREE);
    const digest = await addPackage(at, 'p', 8, 0);
    const report = await collect(0);
    expect(report).toMatchObject({ after: 0, packages: { count: 1, bytes: 8192 } });
    expect(await left('a', 'b', 'c')).toBe('');
    expect(await isThere(poolFile(at.store.pool, digest))).toBe(false);
  });

  it('keeps a layer while one stands on it', async () => {
    await add({ base: { days: 9 }, top: { days: 1, below: 'base' }, other: { days: 5 } });
    expect(steps(await collect(2000))).toBe('other');
    expect(steps(await collect(1000))).toBe('top');
  });

  it('weighs package files with the entries, each with what was read from it', async () => {
    await add({ a: { days: 2, bytes: 4096 } });
    const [old, young] = [await addPackage(at, 'old', 4, 3), await addPackage(at, 'young', 4, 1)];
    await writeFile(`${poolFile(at.store.pool, old)}.control`, 'Package: old');
    await usedDaysAgo(`${poolFile(at.store.pool, old)}.control`, 4);
    const report = await collect(8192);
    expect(report).toMatchObject({
      before: 16_384,
      after: 8192,
      entries: [],
      packages: { count: 1, bytes: 8192 },
    });
    expect(await readdir(join(at.store.pool, old.slice(0, 2)))).toEqual([]);
    expect(steps(await collect(4096))).toBe('a');
    expect(await isThere(poolFile(at.store.pool, young))).toBe(true);
  });

  it('tells what it would do, and does nothing', async () => {
    await add(THREE);
    await at.store.place(await emptyFolder('half'), keyOf('half'));
    const dry = await collect(1000, true);
    expect(await left('a', 'b', 'c')).toBe('a b c');
    expect(await at.store.keys()).toContain(keyOf('half'));
    expect(await collect(1000)).toEqual({ ...dry, dryRun: false });
  });
});

async function emptyFolder(name: string): Promise<string> {
  const folder = join(at.workspace, 'builds', name);
  await mkdir(folder, { recursive: true });
  return folder;
}

describe('never removes', () => {
  it('what a release uses that exists', async () => {
    await add(THREE);
    const release = await addRelease(at, 'r', ['a', 'b']);
    const report = await collect(0);
    expect(await left('a', 'b', 'c')).toBe('a b');
    expect(report.over).toEqual({ bytes: 2000, releases: [release], builds: [], failed: [], downloads: 0 });
  });

  it('what a running build uses', async () => {
    await add(THREE);
    const digest = await addPackage(at, 'p', 8, 9);
    await using _use = await useStore(
      at.store,
      'tiny-1',
      { keys: [keyOf('a')], packages: [digest] },
      at.ports,
    );
    const report = await collect(0);
    expect(await left('a', 'b', 'c')).toBe('a');
    expect(await isThere(poolFile(at.store.pool, digest))).toBe(true);
    expect(report.over).toEqual({ bytes: 9192, releases: [], builds: ['tiny-1'], failed: [], downloads: 0 });
  });

  it('what is being made', async () => {
    await add(THREE);
    await at.store.place(await emptyFolder('half'), keyOf('half'));
    await using _half = await takeLease(join(at.store.path, 'locks', keyOf('half')), at.ports);
    await using _a = await takeLease(join(at.store.path, 'locks', keyOf('a')), at.ports);
    const report = await collect(0);
    expect(await at.store.keys()).toEqual([keyOf('a'), keyOf('half')].sort());
    expect(report).toMatchObject({ incomplete: { count: 0 }, over: { builds: [`locks/${keyOf('a')}`] } });
  });

  it('what a running build is about to make', async () => {
    await at.store.place(await emptyFolder('half'), keyOf('half'));
    await using _use = await useStore(at.store, 'tiny-1', { keys: [keyOf('half')], packages: [] }, at.ports);
    expect(await collect(0)).toMatchObject({ incomplete: { count: 0, bytes: 0 } });
    expect(await at.store.keys()).toEqual([keyOf('half')]);
  });

  it('what the tree of a failed step stands on', async () => {
    await add(THREE);
    const failed = join(at.workspace, 'failed', 'tiny-2');
    await mkdir(join(failed, 'tree'), { recursive: true });
    const below = [join(at.store.entry(keyOf('b')), 'tree')];
    await writeFile(join(failed, 'failed.json'), JSON.stringify({ step: 'c', architecture: 'amd64', below }));
    expect(await collect(0)).toMatchObject({ over: { bytes: 1000, failed: [failed] } });
    expect(await left('a', 'b', 'c')).toBe('b');
  });

  it('anything when a running build speaks of its needs in other words', async () => {
    await add(THREE);
    const path = join(usesFolder(at.store), 'tiny-1');
    await writeFile(path, '{}');
    await using _lease = await takeLease(path, at.ports);
    const failure = await collect(0).then(() => undefined, Failure.from);
    expect(failure?.toRecord()).toEqual({
      kind: 'integrity',
      diagnostics: [
        {
          what: 'It is not known what a running build needs of the store.',
          found: `${path}: not as this version of lunsmith writes it`,
          hint: 'Wait until the build has ended.',
        },
      ],
    });
    expect(await left('a', 'b', 'c')).toBe('a b c');
  });
});

describe('clears away', () => {
  it('records of releases that are gone, and what only they used', async () => {
    await add(THREE);
    const [kept, gone] = [await addRelease(at, 'kept', ['a']), await addRelease(at, 'gone', ['b'])];
    await rm(gone, { recursive: true });
    expect((await collect(0)).over?.releases).toEqual([kept]);
    expect(await left('a', 'b', 'c')).toBe('a');
    expect(await readdir(join(at.store.path, 'releases'))).toEqual([`${keyOf('kept')}.json`]);
  });

  it('but not the record that a running build is about to write into', async () => {
    await add(THREE);
    await rm(await addRelease(at, 'gone', ['a']), { recursive: true });
    await using _use = await useStore(at.store, 'tiny-1', { keys: [keyOf('a')], packages: [] }, at.ports);
    await collect(0);
    expect(await readdir(join(at.store.path, 'releases'))).toEqual([`${keyOf('gone')}.json`]);
  });

  it('entries that are not whole', async () => {
    await add(THREE);
    await writeFile(join(at.store.entry(keyOf('a')), 'record.json'), '{"torn":');
    await at.store.place(await emptyFolder('half'), keyOf('half'));
    const report = await collect(10_000);
    expect(report).toMatchObject({ incomplete: { count: 2 }, entries: [], after: 2000 });
    expect(report.incomplete.bytes).toBeGreaterThan(0);
    expect(await at.store.keys()).toEqual([keyOf('b'), keyOf('c')].sort());
  });

  it('locks, uses and pointers that are of no use any more', async () => {
    await add({
      ...THREE,
      a: { days: 3, rootKey: keyOf('root a') },
      c: { days: 1, rootKey: keyOf('root c') },
    });
    const locks = join(at.store.path, 'locks');
    for (const name of ['a', 'c', 'x']) await writeFile(join(locks, keyOf(name)), '');
    await writeFile(
      join(usesFolder(at.store), 'tiny-9'),
      JSON.stringify({ keys: [keyOf('a')], packages: [] }),
    );
    await using _use = await useStore(at.store, 'tiny-1', { keys: [keyOf('c')], packages: [] }, at.ports);
    await collect(0);
    expect(await readdir(locks)).toEqual([keyOf('c'), 'emptying', 'removal'].sort());
    expect(await readdir(usesFolder(at.store))).toEqual(['tiny-1']);
    expect(await readdir(join(at.store.path, 'last', 'tiny'))).toEqual(['c']);
    expect(await readFile(join(at.store.path, 'last', 'tiny', 'c'), 'utf8')).toBe(keyOf('c'));
    expect(await at.store.byRootKey(keyOf('root a'))).toBeUndefined();
    expect(await at.store.byRootKey(keyOf('root c'))).toBe(keyOf('c'));
  });

  it('what interrupted work left behind, once it is old enough', async () => {
    const trash = join(at.store.path, 'trash', 'x-1');
    await mkdir(join(trash, 'tree'), { recursive: true });
    await writeFile(join(trash, 'tree', 'file'), 'x'.repeat(10_000));
    const partial = async (name: string, days: number) => {
      const path = `${poolFile(at.store.pool, keyOf(name))}.partial`;
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, 'x');
      await usedDaysAgo(path, days);
      return path;
    };
    const [old, young] = [await partial('old', 2), await partial('young', 0)];
    const record = join(at.store.path, 'releases', `${keyOf('r')}.json.${randomUUID()}.partial`);
    await writeFile(record, '{}');
    await usedDaysAgo(record, 2);
    const report = await collect(1e9);
    expect(report.leftovers.count).toBe(2);
    expect(report.leftovers.bytes).toBeGreaterThan(10_000);
    expect(await Promise.all([trash, old, record, young].map(isThere))).toEqual([false, false, false, true]);
    expect((await collect(0)).over).toEqual({
      bytes: 4096,
      releases: [],
      builds: [],
      failed: [],
      downloads: 1,
    });
  });

  it('indexes that nothing was resolved against for a month', async () => {
    const state = async (path: string, days: number, inside = days) => {
      const file = join(at.store.resolve, path, 'index');
      await mkdir(join(file, '..'), { recursive: true });
      await writeFile(file, 'x'.repeat(5000));
      await usedDaysAgo(file, inside);
      await usedDaysAgo(join(file, '..'), days);
    };
    await state('lists/old', 31);
    await state('lists/young', 29);
    await state('lists/used', 31, 1);
    expect(await collect(1e9)).toMatchObject({ indexes: { count: 1 } });
    expect((await readdir(join(at.store.resolve, 'lists'))).sort()).toEqual(['used', 'young']);
  });

  it('trees of failed steps after a week', async () => {
    const failed = (name: string) => join(at.workspace, 'failed', name);
    for (const name of ['old', 'young', 'cut.removed'])
      await mkdir(join(failed(name), 'tree'), { recursive: true });
    await usedDaysAgo(failed('old'), 8);
    await usedDaysAgo(failed('young'), 6);
    expect(await collect(1e9)).toMatchObject({ failed: { count: 2 } });
    expect(await readdir(join(at.workspace, 'failed'))).toEqual(['young']);
  });
});

it('lets two at once share the work', async () => {
  await add(
    Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`e${index}`, { days: 20 - index }])),
  );
  const reports = await Promise.all([collect(5000), collect(5000), collect(4000)]);
  expect(reports.flatMap(({ entries }) => entries)).toHaveLength(8);
  expect(await at.store.keys()).toHaveLength(4);
  expect(await readdir(join(at.store.path, 'trash'))).toEqual([]);
});

it('waits until a build has said what it needs, and lets it look afterwards', async () => {
  await add(THREE);
  const removal = await takeLease(removalLock(at.store), at.ports, { shared: true });
  const use = useStore(at.store, 'tiny-1', { keys: [keyOf('a')], packages: [] }, at.ports);
  const collecting = collect(0);
  await using _use = await use;
  await removal[Symbol.asyncDispose]();
  await collecting;
  expect(await left('a', 'b', 'c')).toBe('a');
});

it('goes on where an interrupted one stopped', async () => {
  await add(THREE);
  const stop = new AbortController();
  const interrupted: TestStore['ports'] = {
    ...at.ports,
    run: (argv, options) => {
      if (argv.includes('rm')) throw new Failure('interrupted', { what: 'Interrupted.' });
      return at.ports.run(argv, options);
    },
    signal: stop.signal,
  };
  const request = { store: at.store.path, workspace: at.workspace, budget: 1000, dryRun: false };
  const failure = await collectGarbage(request, interrupted).then(() => undefined, Failure.from);
  expect(failure?.kind).toBe('interrupted');
  // Gone for everyone, whole in the trash.
  expect(await left('a', 'b', 'c')).toBe('c');
  const [one = ''] = await readdir(join(at.store.path, 'trash'));
  expect((await stat(join(at.store.path, 'trash', one, 'record.json'))).isFile()).toBe(true);
  expect(await collect(1000)).toMatchObject({ entries: [], leftovers: { count: 2 } });
  expect(await readdir(join(at.store.path, 'trash'))).toEqual([]);
});

it('whatever lies in it: within the budget or only the needed is left, and nothing needed is gone', async () => {
  const entry = fc.record({
    bytes: fc.nat(5000),
    days: fc.nat(30),
    below: fc.option(fc.nat(5), { nil: undefined }),
    needed: fc.constantFrom('not', 'not', 'release', 'build', 'lock'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 7 }), fc.nat(12_000), async (entries, budget) => {
      await using here = await testStore();
      const { store, ports, workspace } = here;
      for (const [index, { bytes, days, below }] of entries.entries()) {
        const wish = below === undefined || below >= index ? {} : { below: String(below) };
        await addEntry(here, String(index), { bytes, days, ...wish });
      }
      const names = (how: string) =>
        entries.flatMap(({ needed }, index) => (needed === how ? [String(index)] : []));
      await addRelease(here, 'r', names('release'));
      await using _use = await useStore(
        store,
        'tiny-1',
        { keys: names('build').map(keyOf), packages: [] },
        ports,
      );
      const locks = await Promise.all(
        names('lock').map((name) => takeLease(join(store.path, 'locks', keyOf(name)), ports)),
      );
      const report = await collectGarbage({ store: store.path, workspace, budget, dryRun: false }, ports);
      for (const lock of locks) await lock[Symbol.asyncDispose]();
      const records = await Promise.all(entries.map((_, index) => store.find(keyOf(String(index)))));
      const size = records.reduce((sum, record) => sum + (record?.bytes ?? 0), 0);
      const isNeeded = (index: number) => entries[index]?.needed !== 'not';
      expect(report.after).toBe(size);
      expect(records.every((record, index) => record !== undefined || !isNeeded(index))).toBe(true);
      expect(
        size <= budget || records.every((record, index) => record === undefined || isNeeded(index)),
      ).toBe(true);
      expect(report.over?.bytes ?? 0).toBe(Math.max(0, size - budget));
    }),
    { seed: 1, numRuns: 25 },
  );
});
