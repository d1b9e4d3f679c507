import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../base/digest.js';
import { bootId, openStore, type ReleaseRecord, type Store } from '../../../pipeline/store/store.js';
import { stepRecord } from '../../util/step-record.js';

const KEY = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'));
  store = await openStore(join(folder, 'store'));
});
afterEach(() => rm(folder, { recursive: true }));

let made = 0;
/** A finished folder, as a build leaves it. */
async function finished(text: string): Promise<string> {
  const path = join(folder, `build-${made++}`);
  await mkdir(join(path, 'tree'), { recursive: true });
  await writeFile(join(path, 'tree', 'file'), text);
  return path;
}

const recordPath = (key = KEY) => join(store.entry(key), 'record.json');
const textOf = (key = KEY) => readFile(join(store.entry(key), 'tree', 'file'), 'utf8');

it('has its folders, also when it is opened again', async () => {
  await openStore(store.path);
  expect((await readdir(store.path)).sort()).toEqual(
    ['in-use', 'last', 'locks', 'pool', 'releases', 'resolve', 'roots', 'steps', 'trash'].sort(),
  );
  expect([store.pool, store.resolve, store.entry(KEY)]).toEqual(
    ['pool', 'resolve', `steps/${KEY}`].map((path) => join(store.path, path)),
  );
});

describe('an entry', () => {
  it('is found when its record is written, not before', async () => {
    expect(await store.find(KEY)).toBeUndefined();
    const path = await finished('one');
    await store.place(path, KEY);
    expect(await store.find(KEY)).toBeUndefined();
    expect(await store.keys()).toEqual([KEY]);
    await store.complete(stepRecord(KEY));
    expect(await store.find(KEY)).toEqual(stepRecord(KEY));
    expect(await textOf()).toBe('one');
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('takes the place of an incomplete one, and of a whole one', async () => {
    await store.place(await finished('incomplete'), KEY);
    await store.place(await finished('whole'), KEY);
    expect(await textOf()).toBe('whole');
    await store.complete(stepRecord(KEY));
    await store.place(await finished('again'), KEY);
    expect(await textOf()).toBe('again');
    expect(await store.find(KEY)).toBeUndefined();
    expect(await readdir(join(store.path, 'trash'))).toEqual([]);
  });

  it('may be completed twice', async () => {
    await store.place(await finished('one'), KEY);
    await Promise.all([
      store.complete(stepRecord(KEY, { seconds: 1 })),
      store.complete(stepRecord(KEY, { seconds: 2 })),
    ]);
    expect([1, 2]).toContain((await store.find(KEY))?.seconds);
    await store.complete(stepRecord(KEY, { seconds: 3 }));
    expect((await store.find(KEY))?.seconds).toBe(3);
    expect((await readdir(store.entry(KEY))).sort()).toEqual(['record.json', 'tree']);
  });

  it('is not found with a record that was cut short anywhere', async () => {
    await store.place(await finished('one'), KEY);
    const text = canonicalJson(stepRecord(KEY));
    const property = fc.asyncProperty(fc.nat({ max: text.length - 3 }), async (length) => {
      await writeFile(recordPath(), text.slice(0, length));
      expect(await store.find(KEY)).toBeUndefined();
    });
    await fc.assert(property, { seed: 1, numRuns: 25 });
    await writeFile(recordPath(), text);
    expect(await store.find(KEY)).toEqual(stepRecord(KEY));
  });

  it.each([
    ['of another version', { ...stepRecord(KEY), format: 'lunsmith-record/1' }],
    ['of another entry', stepRecord(OTHER)],
    ['of an unknown kind', { ...stepRecord(KEY), kind: 'image' }],
    ['with more in it', { ...stepRecord(KEY), more: 1 }],
    ['with less in it', { ...stepRecord(KEY), boot: undefined }],
    ['that is zeros, as a crash leaves them', '\0\0\0\0'],
    ['that is a list', []],
    ['that is nothing', null],
  ])('is not found with a record %s', async (_, content) => {
    await store.place(await finished('one'), KEY);
    await writeFile(recordPath(), typeof content === 'string' ? content : JSON.stringify(content));
    expect(await store.find(KEY)).toBeUndefined();
  });

  it('is gone when it was discarded, also when it was not there', async () => {
    await store.discard(KEY);
    await store.place(await finished('one'), KEY);
    await store.complete(stepRecord(KEY));
    await Promise.all([store.discard(KEY), store.discard(KEY)]);
    expect(await store.find(KEY)).toBeUndefined();
    expect(await store.keys()).toEqual([]);
    expect(await readdir(join(store.path, 'trash'))).toEqual([]);
  });

  it('notes its use by the time of its record', async () => {
    await store.touch(KEY);
    await store.place(await finished('one'), KEY);
    await store.complete(stepRecord(KEY));
    await utimes(recordPath(), 5, 5);
    const before = Date.now() - 1000;
    await store.touch(KEY);
    expect((await stat(recordPath())).mtimeMs).toBeGreaterThan(before);
    expect(await store.find(KEY)).toEqual(stepRecord(KEY));
  });
});

describe('whether an entry was looked at in this run of the machine', () => {
  it('is so when it was written in it', async () => {
    await store.place(await finished('one'), KEY);
    await store.complete(stepRecord(KEY, { boot: await bootId() }));
    expect((await store.checked(KEY)).inThisRun).toBe(true);
  });

  it('is so when it was marked in it', async () => {
    await store.place(await finished('one'), KEY);
    await store.complete(stepRecord(KEY));
    const checked = await store.checked(KEY);
    expect(checked.inThisRun).toBe(false);
    await checked.mark();
    expect((await store.checked(KEY)).inThisRun).toBe(true);
    await writeFile(join(store.entry(KEY), 'checked'), 'another run');
    expect((await store.checked(KEY)).inThisRun).toBe(false);
  });

  it('is not so for what is made again after it was marked', async () => {
    await store.place(await finished('one'), KEY);
    await store.complete(stepRecord(KEY));
    await (await store.checked(KEY)).mark();
    await store.place(await finished('two'), KEY);
    await store.complete(stepRecord(KEY));
    expect((await store.checked(KEY)).inThisRun).toBe(false);
  });

  it('is not so any more when it is doubted, until it is looked at again', async () => {
    await store.place(await finished('one'), KEY);
    await store.complete(stepRecord(KEY, { boot: await bootId() }));
    await store.doubt(KEY);
    const checked = await store.checked(KEY);
    expect(checked.inThisRun).toBe(false);
    await checked.mark();
    expect((await store.checked(KEY)).inThisRun).toBe(true);
    await store.doubt(KEY);
    expect((await store.checked(KEY)).inThisRun).toBe(false);
  });

  it('is not a question for an entry that is gone', async () => {
    await store.doubt(KEY);
    expect(await store.keys()).toEqual([]);
  });

  it('goes by a number of the machine', async () => {
    expect(await bootId()).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });
});

describe('the newest entry of a step', () => {
  it('is that which was completed last, of each step and recipe by itself', async () => {
    expect(await store.last('demo', 'packages')).toBeUndefined();
    for (const [key, step] of [
      [KEY, 'packages'],
      [OTHER, 'packages'],
      ['c'.repeat(64), 'rootfs:post'],
    ] as const) {
      await store.place(await finished(step), key);
      await store.complete(stepRecord(key, { step }));
    }
    expect((await store.last('demo', 'packages'))?.key).toBe(OTHER);
    expect((await store.last('demo', 'rootfs:post'))?.key).toBe('c'.repeat(64));
    expect(await store.last('other', 'packages')).toBeUndefined();
    expect(await store.last('demo', 'files')).toBeUndefined();
  });

  it('is told from that of a part of the step, whichever comes first', async () => {
    for (const [first, second] of [
      ['lun-image/file-systems', 'lun-image'],
      ['boot', 'boot/inner'],
    ] as const) {
      await store.place(await finished('one'), KEY);
      await store.complete(stepRecord(KEY, { step: first }));
      await store.place(await finished('two'), OTHER);
      await store.complete(stepRecord(OTHER, { step: second }));
      expect((await store.last('demo', first))?.key).toBe(KEY);
      expect((await store.last('demo', second))?.key).toBe(OTHER);
    }
  });

  it('is none when the entry is gone', async () => {
    await store.place(await finished('one'), KEY);
    await store.complete(stepRecord(KEY));
    await store.discard(KEY);
    expect(await store.last('demo', 'packages')).toBeUndefined();
  });
});

describe('a release', () => {
  const RELEASE: ReleaseRecord = {
    format: 'lunsmith-release-record/1',
    recipe: 'demo',
    digest: 'f'.repeat(64),
    paths: ['/somewhere/out'],
    steps: [KEY, OTHER],
  };

  it('is found by its key', async () => {
    expect(await store.findRelease(KEY)).toBeUndefined();
    await store.noteRelease(KEY, RELEASE);
    expect(await store.findRelease(KEY)).toEqual(RELEASE);
    await store.noteRelease(KEY, { ...RELEASE, paths: ['/elsewhere/out'] });
    expect((await store.findRelease(KEY))?.paths).toEqual(['/elsewhere/out']);
    expect(await readdir(join(store.path, 'releases'))).toEqual([`${KEY}.json`]);
  });

  it.each([
    ['torn', '{"format":"lunsmith-release-record/1","recipe"'],
    ['of another version', JSON.stringify({ ...RELEASE, format: 'lunsmith-release-record/2' })],
  ])('is not found when its record is %s', async (_, text) => {
    await writeFile(join(store.path, 'releases', `${KEY}.json`), text);
    expect(await store.findRelease(KEY)).toBeUndefined();
  });
});

describe('the salt', () => {
  it('is made once, however many ask at once', async () => {
    const stores = await Promise.all(Array.from({ length: 20 }, () => openStore(store.path)));
    const salts = await Promise.all(stores.map(async (each) => (await each.salt()).toString('hex')));
    expect(new Set(salts).size).toBe(1);
    expect(salts[0]).toMatch(/^[0-9a-f]{64}$/);
    expect((await (await openStore(store.path)).salt()).toString('hex')).toBe(salts[0]);
    const files = (await readdir(store.path)).filter((name) => name.startsWith('salt'));
    expect(files).toEqual(['salt']);
  });

  it('is of each store its own, and private', async () => {
    const other = await openStore(join(folder, 'other'));
    expect(await other.salt()).not.toEqual(await store.salt());
    expect((await stat(join(store.path, 'salt'))).mode & 0o777).toBe(0o600);
  });

  it('is made again when a crash cut it short', async () => {
    await writeFile(join(store.path, 'salt'), 'short');
    const salt = await store.salt();
    expect(salt).toHaveLength(32);
    expect(await store.salt()).toEqual(salt);
  });
});
