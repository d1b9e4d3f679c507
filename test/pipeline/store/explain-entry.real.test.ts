import { link, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../../base/failure.js';
import { explainEntry } from '../../../pipeline/store/explain-entry.js';
import { listStore } from '../../../pipeline/store/list.js';
import { useStore } from '../../../pipeline/store/temporary-roots.js';
import {
  addEntry,
  addPackage,
  addRelease,
  keyOf,
  makeTrueEntry,
  type TestStore,
  testStore,
} from './a-store.js';

let at: TestStore;
beforeEach(async () => {
  at = await testStore();
});
afterEach(() => at[Symbol.asyncDispose]());

const explain = (digits: string) => explainEntry(at.store.path, at.workspace, digits, at.ports);
const refusal = async (digits: string) =>
  (await explain(digits).then(() => undefined, Failure.from))?.toRecord();

describe('listStore', () => {
  it('has what was used last first, and who needs it', async () => {
    await addEntry(at, 'a', { days: 3, kind: 'output' });
    await addEntry(at, 'b', { days: 1 });
    await addEntry(at, 'c', { days: 2 });
    await addPackage(at, 'p', 4, 1);
    const release = await addRelease(at, 'r', ['a', 'b']);
    await using _use = await useStore(at.store, 'tiny-1', { keys: [keyOf('b')], packages: [] }, at.ports);
    const { entries, ...others } = await listStore(at.store.path, at.workspace, at.ports);
    expect(entries.map(({ step, releases, builds }) => ({ step, releases, builds }))).toEqual([
      { step: 'b', releases: [release], builds: ['tiny-1'] },
      { step: 'c', releases: [], builds: [] },
      { step: 'a', releases: [release], builds: [] },
    ]);
    const none = { count: 0, bytes: 0 };
    const packages = { count: 1, bytes: 4096 };
    expect(others).toEqual({
      store: at.store.path,
      incomplete: 0,
      packages,
      shared: none,
      released: none,
    });
  });

  it('counts a file of several entries once, and of a release not at all', async () => {
    const output = (name: string, kib: number) =>
      makeTrueEntry(
        at,
        name,
        'output',
        async (content) => {
          await writeFile(join(content, 'vmlinuz'), 'k'.repeat(8192));
          await writeFile(join(content, 'cmdline'), name.repeat(kib * 1024));
          await writeFile(join(content, 'disk.img'), 'd'.repeat(20_480));
        },
        'boot',
      );
    for (const name of ['a', 'b', 'c']) await output(name, 4);
    const release = await addRelease(at, 'r', ['b']);
    await link(join(at.store.entry(keyOf('b')), 'output', 'disk.img'), join(release, 'disk.img'));
    const { entries, shared, released } = await listStore(at.store.path, at.workspace, at.ports);
    expect(entries.map((entry) => [entry.bytes, entry.shared, entry.released])).toEqual(
      ['a', 'b', 'c'].map(() => [4096, 8192, 20_480]),
    );
    expect({ shared, released }).toEqual({
      shared: { count: 1, bytes: 8192 },
      released: { count: 1, bytes: 20_480 },
    });
  });

  it('makes no store where there is none', async () => {
    const path = join(at.folder, 'other');
    expect(await listStore(path, at.workspace, at.ports)).toMatchObject({ store: path, entries: [] });
    expect(await readdir(at.folder)).toEqual(['work']);
  });
});

describe('explainEntry', () => {
  it('tells the chain below, and what differs from the neighbours', async () => {
    const at1 = '2026-01-01T00:00:00.000Z';
    const at2 = '2026-01-02T00:00:00.000Z';
    const at3 = '2026-01-03T00:00:00.000Z';
    await addEntry(at, 'first', { below: 'lost' });
    await addEntry(at, 'second', { below: 'first' });
    const step = { step: 'files', below: 'second' };
    await addEntry(at, 'old', { ...step, made: at1, inputs: { options: { install: ['vim'] } } });
    await addEntry(at, 'now', { ...step, made: at2, inputs: { options: { install: ['nano'] } } });
    await addEntry(at, 'new', { ...step, made: at3, inputs: { options: { install: ['nano', 'git'] } } });
    await addEntry(at, 'other', { ...step, recipe: 'other', made: at2 });
    expect(await explain(keyOf('now'))).toMatchObject({
      key: keyOf('now'),
      recipe: 'tiny',
      step: 'files',
      made: at2,
      files: 1,
      below: [
        { key: keyOf('second'), recipe: 'tiny', step: 'second' },
        { key: keyOf('first'), recipe: 'tiny', step: 'first' },
        { key: keyOf('lost') },
      ],
      older: {
        key: keyOf('old'),
        made: at1,
        changes: [{ input: 'options.install[0]', old: '"vim"', new: '"nano"' }],
      },
      newer: { key: keyOf('new'), made: at3, changes: [{ input: 'options.install[1]', new: '"git"' }] },
    });
    const first = await explain(keyOf('first').slice(0, 6).toUpperCase());
    expect(first).toMatchObject({ step: 'first', below: [{ key: keyOf('lost') }] });
    expect(first).not.toHaveProperty('older');
    expect(first).not.toHaveProperty('newer');
  });

  it.each(['abcde', 'xyzxyz', 'a'.repeat(65), ''])('refuses %j', async (digits) => {
    expect(await refusal(digits)).toEqual({
      kind: 'usage',
      diagnostics: [
        {
          what: `\`${digits}\` is not the key of an entry.`,
          expected: 'the first digits of its key, at least 6 of 0-9 and a-f',
          hint: '`npx lunsmith cache ls` lists all keys.',
        },
      ],
    });
  });

  it('says what is near to digits that no key has', async () => {
    const key = await addEntry(at, 'a');
    const wrong = `${key.slice(0, 7)}${key[7] === '0' ? '1' : '0'}`;
    expect((await refusal(wrong))?.diagnostics).toEqual([
      {
        what: `No entry of the store has a key that begins with \`${wrong}\`.`,
        hint: `Did you mean ${key.slice(0, 12)}, a of tiny?`,
      },
    ]);
    expect(
      (await refusal(key.replaceAll(/[0-7]/g, '8').replaceAll(/[9a-f]/g, '0')))?.diagnostics[0]?.hint,
    ).toBe('`npx lunsmith cache ls` lists all keys.');
  });

  it('says which keys begin with the same digits', async () => {
    const [one, other] = twins();
    await addEntry(at, one, { step: 'x' });
    await addEntry(at, other, { step: 'y' });
    const digits = keyOf(one).slice(0, 6);
    const names = [`${keyOf(one).slice(0, 12)}, x of tiny`, `${keyOf(other).slice(0, 12)}, y of tiny`];
    expect((await refusal(digits))?.diagnostics).toEqual([
      {
        what: `The keys of 2 entries begin with \`${digits}\`.`,
        found: names.sort().join('; '),
        hint: 'Give more digits.',
      },
    ]);
  });
});

/** Two names whose keys share their first six digits: among some thousands there are some. */
function twins(): [string, string] {
  const seen = new Map<string, string>();
  for (let index = 0; ; index++) {
    const name = `n${index}`;
    const digits = keyOf(name).slice(0, 6);
    const known = seen.get(digits);
    if (known !== undefined) return [known, name];
    seen.set(digits, name);
  }
}
