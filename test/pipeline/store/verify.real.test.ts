import {
  access,
  appendFile,
  chmod,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPorts } from '../../../base/command.js';
import { Failure } from '../../../base/failure.js';
import { poolFile } from '../../../pipeline/store/pool.js';
import { useStore } from '../../../pipeline/store/temporary-roots.js';
import { verifyStore } from '../../../pipeline/store/verify.js';
import { type VerifyReport } from '../../../pipeline/store/verify-report.js';
import {
  addPackage,
  addRelease,
  keyOf,
  makeTrueEntry,
  overwrite,
  type TestStore,
  testStore,
} from './a-store.js';

let at: TestStore;
beforeEach(async () => {
  at = await testStore();
  await makeTrueEntry(at, 'base', 'layer', async (tree) => {
    await mkdir(join(tree, 'etc'));
    await writeAtEpoch(join(tree, 'etc', 'hostname'), 'client\n');
    await writeFile(join(tree, 'etc', 'empty'), '');
  });
  await makeTrueEntry(at, 'image', 'output', async (output) => {
    await mkdir(join(output, 'boot'));
    await writeFile(join(output, 'boot', 'vmlinuz'), 'kernel');
    await writeAtEpoch(join(output, 'disk.img'), 'disk');
  });
});
afterEach(() => at[Symbol.asyncDispose]());

function verify(repair = false, ports = at.ports): Promise<VerifyReport> {
  return verifyStore({ store: at.store.path, workspace: at.workspace, repair }, ports);
}

const hostname = () => join(at.store.entry(keyOf('base')), 'tree', 'etc', 'hostname');
const disk = () => join(at.store.entry(keyOf('image')), 'output', 'disk.img');

async function writeAtEpoch(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await utimes(path, 1, 1);
}

async function flip(path: string): Promise<void> {
  await overwrite(path, 'X'.repeat((await stat(path)).size));
}

async function problems(): Promise<string[]> {
  return (await verify()).damaged.map(({ what, problem, outcome }) => `${what} ${outcome}: ${problem}`);
}

describe('finds', () => {
  it('nothing in what is sound', async () => {
    await addPackage(at, 'p', 4, 0);
    const report = await verify();
    expect(report).toMatchObject({ store: at.store.path, entries: 2, packages: 1, damaged: [] });
    expect(report.bytes).toBeGreaterThan(4096);
    expect(
      at.events.map((event) => ('task' in event ? `${event.type} ${event.task ?? ''}` : event.type)),
    ).toEqual([
      'started',
      'task-started entries',
      'progress entries',
      'progress entries',
      'task-finished entries',
      'task-started packages',
      'task-finished packages',
    ]);
  });

  it.each([
    ['contents that changed', () => flip(hostname()), 'layer found: its contents have changed'],
    ['contents of an output that changed', () => flip(disk()), 'output found: its contents have changed'],
    [
      'a file cut short',
      () => truncate(hostname(), 3),
      'layer found: names, owners, modes, sizes or times have changed',
    ],
    ['a file that is missing', () => rm(hostname()), 'layer found: 2 files instead of 3'],
    ['a file too many', () => writeFile(`${hostname()}~`, ''), 'layer found: 4 files instead of 3'],
    [
      'a folder that is missing',
      () => rm(join(at.store.entry(keyOf('image')), 'output'), { recursive: true }),
      'output found: its folder is missing',
    ],
  ])('%s', async (_name, damage, problem) => {
    await damage();
    expect(await problems()).toEqual([problem]);
    expect(await at.store.keys()).toHaveLength(2);
  });

  it('one byte of an image that something wrote to under the name that a release has', async () => {
    const large = join(at.store.entry(keyOf('large')), 'output', 'disk.img');
    await makeTrueEntry(at, 'large', 'output', async (output) => {
      await writeAtEpoch(join(output, 'disk.img'), 'disk');
      // As large as images are whose digests are those of fs-verity.
      await truncate(join(output, 'disk.img'), 300 << 20);
      await utimes(join(output, 'disk.img'), 1, 1);
    });
    const release = await addRelease(at, 'r', ['large']);
    const name = join(release, 'disk.img');
    await link(large, name);
    expect(await problems()).toEqual([]);
    expect((await stat(name)).mode & 0o777).toBe(0o444);
    await chmod(name, 0o644);
    {
      await using file = await open(name, 'r+');
      await file.write('X', 200 << 20);
    }
    await chmod(name, 0o444);
    await utimes(name, 1, 1);
    expect((await verify()).damaged).toMatchObject([
      { id: keyOf('large'), problem: 'its contents have changed', releases: [release] },
    ]);
  });

  it('all that is damaged, package files too', async () => {
    await flip(hostname());
    await flip(disk());
    const digest = await addPackage(at, 'p', 4, 0);
    await appendFile(poolFile(at.store.pool, digest), 'more');
    const found = await verify();
    expect(found.damaged.map(({ what, id }) => `${what} ${id}`)).toEqual([
      ...['layer', 'output']
        .map((kind) => `${kind} ${keyOf(kind === 'layer' ? 'base' : 'image')}`)
        .sort((a, b) => (a.split(' ')[1] ?? '').localeCompare(b.split(' ')[1] ?? '')),
      `package ${digest}`,
    ]);
    expect(found.damaged.at(-1)?.problem).toMatch(/^its 4100 bytes have the sha256 [0-9a-f]{64}$/);
  });

  it('which release has the damaged file too', async () => {
    const release = await addRelease(at, 'r', ['image']);
    await link(disk(), join(release, 'disk.img'));
    await flip(disk());
    expect((await verify()).damaged).toMatchObject([{ id: keyOf('image'), releases: [release] }]);
  });
});

describe('passes over', () => {
  it('what is being made', async () => {
    const half = join(at.workspace, 'builds', 'half');
    await mkdir(half, { recursive: true });
    await at.store.place(half, keyOf('half'));
    expect(await verify()).toMatchObject({ entries: 2, damaged: [] });
  });

  it('what disappears meanwhile', async () => {
    const discarding: TestStore['ports'] = {
      ...at.ports,
      run: async (argv, options) => {
        if (argv[0] === 'find') await at.store.discard(keyOf('base'));
        return at.ports.run(argv, options);
      },
    };
    expect(await verify(true, discarding)).toMatchObject({ damaged: [] });
  });
});

describe('repair', () => {
  it('removes what is damaged, and nothing else', async () => {
    await flip(hostname());
    const [bad, good] = [await addPackage(at, 'bad', 4, 0), await addPackage(at, 'good', 4, 0)];
    const file = poolFile(at.store.pool, bad);
    await truncate(file, 5);
    await writeFile(`${file}.control`, 'Package: bad');
    const { damaged } = await verify(true);
    expect(damaged.map(({ id, outcome }) => [id, outcome])).toEqual([
      [keyOf('base'), 'removed'],
      [bad, 'removed'],
    ]);
    expect(await at.store.keys()).toEqual([keyOf('image')]);
    expect(await readdir(join(file, '..'))).toEqual([]);
    await access(poolFile(at.store.pool, good));
    expect(await readdir(join(at.store.path, 'trash'))).toEqual([]);
    expect(await readdir(join(at.store.path, 'in-use'))).toEqual([]);
    expect(await verify()).toMatchObject({ entries: 1, packages: 1, damaged: [] });
  });

  it('leaves what a running build uses', async () => {
    await flip(hostname());
    const digest = await addPackage(at, 'p', 4, 0);
    await truncate(poolFile(at.store.pool, digest), 5);
    await using _use = await useStore(
      at.store,
      'tiny-1',
      { keys: [keyOf('base')], packages: [digest] },
      at.ports,
    );
    expect((await verify(true)).damaged.map(({ outcome }) => outcome)).toEqual(['needed', 'needed']);
    expect(await at.store.keys()).toHaveLength(2);
  });
});

it('does not take an interruption for damage', async () => {
  const stop = new AbortController();
  const ports = createPorts({
    emit: (event) => event.type === 'task-started' && event.task === 'entries' && stop.abort(),
    signal: stop.signal,
  });
  const failure = await verify(true, ports).then(() => undefined, Failure.from);
  expect(failure?.toRecord()).toEqual({
    kind: 'interrupted',
    diagnostics: [{ what: 'Interrupted: the store was not read to its end.' }],
  });
  expect(await at.store.keys()).toHaveLength(2);
  expect(await readFile(hostname(), 'utf8')).toBe('client\n');
});
