/** What garbage collection counts and frees when entries and releases have the same files. */
import { link, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GarbageReport } from '../../../pipeline/store/garbage/report.js';
import { collectGarbage } from '../../../pipeline/store/garbage.js';
import { takeLease } from '../../../pipeline/store/lease.js';
import { useStore } from '../../../pipeline/store/temporary-roots.js';
import {
  addEntry,
  addRelease,
  type EntryWish,
  keyOf,
  makeTrueEntry,
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

it('does not count what a release has too', async () => {
  await add({ image: { kind: 'output', bytes: 4096 + 500 } });
  const release = await addRelease(at, 'r', []);
  await link(join(at.store.entry(keyOf('image')), 'output', 'file'), join(release, 'file'));
  const report = await collect(0);
  expect(report).toMatchObject({ before: 500, after: 0, entries: [{ step: 'image', bytes: 500 }] });
  expect(await readFile(join(release, 'file'), 'utf8')).toBe('image');
});

describe('files of several entries', () => {
  /** An output of the step `boot`: 4 KiB of its own, and a kernel of 40 KiB that is the same in all that have it. */
  const boot = async (name: string, days: number, kernel = 'k') => {
    const key = await makeTrueEntry(
      at,
      name,
      'output',
      async (output) => {
        await writeFile(join(output, 'cmdline'), name);
        await writeFile(join(output, 'vmlinuz'), kernel.repeat(40_960));
      },
      'boot',
    );
    await usedDaysAgo(join(at.store.entry(key), 'record.json'), days);
  };
  const freed = ({ entries }: GarbageReport) => entries.map(({ bytes }) => bytes);

  it('are counted once, and freed with the last of them', async () => {
    for (const [index, name] of ['a', 'b', 'c'].entries()) await boot(name, 9 - index);
    expect(await collect(1e9)).toMatchObject({ before: 3 * 4096 + 40_960 });
    const some = await collect(50_000);
    expect(some).toMatchObject({ before: 53_248, after: 49_152 });
    expect(freed(some)).toEqual([4096]);
    const all = await collect(0);
    expect(all).toMatchObject({ before: 49_152, after: 0 });
    expect(freed(all)).toEqual([4096, 45_056]);
  });

  it('do not keep the budget from being reached', async () => {
    for (const [index, name] of ['a', 'b', 'c'].entries()) await boot(name, 9 - index);
    await addEntry(at, 'young', { bytes: 4096, days: 1 });
    // Each of the first two frees little; only with the third the kernel goes.
    const report = await collect(40_000);
    expect(report).toMatchObject({ after: 4096 });
    expect(await left('a', 'b', 'c', 'young')).toBe('young');
  });

  it('stay while one that is needed has them', async () => {
    await boot('a', 9);
    await boot('b', 8);
    await using _use = await useStore(at.store, 'tiny-1', { keys: [keyOf('b')], packages: [] }, at.ports);
    const report = await collect(0);
    expect(freed(report)).toEqual([4096]);
    expect(report.over?.bytes).toBe(45_056);
  });

  it('stay while one that is being made has them', async () => {
    await boot('a', 9);
    await boot('half', 8);
    await rm(join(at.store.entry(keyOf('half')), 'record.json'));
    await using _half = await takeLease(join(at.store.path, 'locks', keyOf('half')), at.ports);
    const report = await collect(0);
    expect(freed(report)).toEqual([4096]);
    expect(report.after).toBe(40_960);
  });

  it('go with an entry whose build was cut short, and with what lies in the trash', async () => {
    for (const [index, name] of ['a', 'half', 'thrown'].entries()) await boot(name, 9 - index);
    await rm(join(at.store.entry(keyOf('half')), 'record.json'));
    await rename(at.store.entry(keyOf('thrown')), join(at.store.path, 'trash', 'thrown'));
    const report = await collect(0);
    expect(report).toMatchObject({ before: 45_056, after: 0, incomplete: { count: 1 } });
    expect(freed(report)).toEqual([45_056]);
    // What only they have: the folders, their own file, and the record.
    expect(report.incomplete.bytes).toBeLessThan(40_960);
    expect(report.leftovers.bytes).toBeLessThan(40_960);
    expect(await at.store.keys()).toEqual([]);
  });

  it('of a release as well are not counted', async () => {
    await boot('a', 9);
    await boot('b', 8);
    const release = await addRelease(at, 'r', ['b']);
    await link(join(at.store.entry(keyOf('b')), 'output', 'vmlinuz'), join(release, 'vmlinuz'));
    expect(await collect(0)).toMatchObject({ before: 8192, after: 4096, over: { releases: [release] } });
    await rm(release, { recursive: true });
    expect(await collect(0)).toMatchObject({ before: 45_056, after: 0 });
  });
});

it('tells what the disk says, whatever entries share', async () => {
  const entry = fc.record({
    kernel: fc.constantFrom('', 'x', 'y'),
    days: fc.nat(30),
    needed: fc.constantFrom('not', 'not', 'release'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 5 }), fc.nat(60_000), async (entries, budget) => {
      await using here = await testStore();
      for (const [index, { kernel, days }] of entries.entries()) {
        const name = String(index);
        const fill = async (output: string) => {
          await writeFile(join(output, 'cmdline'), name);
          await writeFile(join(output, 'vmlinuz'), kernel.repeat(10_000));
        };
        const key = await makeTrueEntry(here, name, 'output', fill, 'boot');
        await usedDaysAgo(join(here.store.entry(key), 'record.json'), days);
      }
      const names = entries.flatMap(({ needed }, index) => (needed === 'release' ? [String(index)] : []));
      await addRelease(here, 'r', names);
      const before = await onDisk(here);
      const request = { store: here.store.path, workspace: here.workspace, budget, dryRun: false };
      const report = await collectGarbage(request, here.ports);
      expect({ before: report.before, after: report.after }).toEqual({ before, after: await onDisk(here) });
      expect(report.after <= budget || (await here.store.keys()).length === names.length).toBe(true);
    }),
    { seed: 1, numRuns: 15 },
  );
});

/** What the files of all outputs allocate, each counted once. */
async function onDisk({ store }: TestStore): Promise<number> {
  const outputs = (await store.keys()).map((key) => join(store.entry(key), 'output'));
  const paths = await Promise.all(
    outputs.map(async (folder) => (await readdir(folder)).map((name) => join(folder, name))),
  );
  const files = await Promise.all(paths.flat().map((path) => stat(path)));
  const blocks = new Map(files.map((file) => [file.ino, file.blocks * 512]));
  return [...blocks.values()].reduce((sum, bytes) => sum + bytes, 0);
}
