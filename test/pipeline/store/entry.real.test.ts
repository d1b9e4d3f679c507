import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256OfText } from '../../../base/digest.js';
import type { Event } from '../../../base/event.js';
import { enterSandbox } from '../../../pipeline/sandbox/enter.js';
import { bootId, openStore } from '../../../pipeline/store/store.js';
import { ask, type TestFolder, testFolder } from '../../artifacts/formats/tools.js';
import type { EntryAction, EntryInside, EntryOutcome } from '../../inside/entry.js';
import { INPUTS } from '../../util/step-record.js';

const KEY = 'a'.repeat(64);

let folder: TestFolder;
let events: Event[];
beforeEach(async () => {
  folder = await testFolder();
  events = [];
});
afterEach(async () => {
  // Files of other users than ours are in it.
  await inSandbox([{ do: 'sh', script: 'rm -rf tree output' }]).catch(() => undefined);
  await folder[Symbol.asyncDispose]();
});

async function inSandbox(
  does: readonly EntryAction[],
  listen: (event: Event) => void = () => undefined,
): Promise<EntryOutcome> {
  const payload: EntryInside = { folder: folder.path, does, key: KEY, inputs: INPUTS };
  const job = { module: 'test/inside/entry.js', payload, network: 'own' } as const;
  const emit = (event: Event) => {
    events.push(event);
    listen(event);
  };
  return (await enterSandbox(job, emit, new AbortController().signal)) as EntryOutcome;
}

const pathOf = (kind: 'tree' | 'output') => join(folder.path, 'store', 'steps', KEY, kind);
const made = { records: {}, path: '', made: true, calls: 1 };
const found = { records: {}, path: '', made: false, calls: 0 };
const at = <Result extends object>(path: string, result: Result, records = {}) => ({
  ...result,
  path,
  records,
});

const HEX: unknown = expect.stringMatching(/^[0-9a-f]{64}$/);
const TIME: unknown = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
const NUMBER: unknown = expect.any(Number);

describe('an entry', () => {
  it('is made once, and found from then on', async () => {
    const make = { do: 'make', records: { packages: ['vim'] } } as const;
    const records = { packages: ['vim'] };
    const { results, keys } = await inSandbox([{ do: 'use' }, make, make, { do: 'use' }]);
    expect(results).toEqual([
      null,
      at(pathOf('tree'), made, records),
      at(pathOf('tree'), found, records),
      KEY,
    ]);
    expect(keys).toEqual([KEY]);
    // Another build, later.
    const later = await inSandbox([{ do: 'use' }, { ...make, records: {} }]);
    expect(later.results).toEqual([KEY, at(pathOf('tree'), found, records)]);
    expect(events).toEqual([]);
  });

  it('has a record of all that is to know of it', async () => {
    await inSandbox([{ do: 'make', records: { packages: ['vim'] } }]);
    const store = await openStore(folder.at('store'));
    expect(await store.find(KEY)).toEqual({
      format: 'lunsmith-record/2',
      key: KEY,
      kind: 'layer',
      recipe: 'demo',
      step: 'packages',
      inputs: INPUTS,
      records: { packages: ['vim'] },
      seconds: NUMBER,
      made: TIME,
      bytes: NUMBER,
      entries: 3,
      listing: HEX,
      files: [],
      content: HEX,
      boot: await bootId(),
    });
    expect((await store.last('demo', 'packages'))?.key).toBe(KEY);
  });

  it('of an output tells of each file', async () => {
    await inSandbox([{ do: 'make', kind: 'output' }]);
    const [passwd, secret] = ['root:x:0:0\n', 'hidden'];
    const record = await (await openStore(folder.at('store'))).find(KEY);
    expect(record?.files).toEqual([
      { path: 'etc/passwd', bytes: passwd.length, digest: `sha256:${sha256OfText(passwd)}` },
      { path: 'secret', bytes: secret.length, digest: `sha256:${sha256OfText(secret)}` },
    ]);
    expect(await readFile(join(pathOf('output'), 'etc', 'passwd'), 'utf8')).toBe(passwd);
  });

  it('is made once by two builds at once: the second one waits for the first', async () => {
    const wait = folder.at('pipe');
    await ask('mkfifo', wait);
    const waits = {
      type: 'progress',
      task: 'packages',
      what: 'another build makes the same',
      done: 0,
      unit: 'files',
    } as const;
    // The first holder goes on when the other has begun to wait.
    const listen = (event: Event) => {
      if (event.type === 'progress' && event.what === waits.what) void writeFile(wait, 'go');
    };
    const both = await Promise.all(
      ['one', 'two'].map((by) => inSandbox([{ do: 'make', wait, records: { by } }], listen)),
    );
    const results = both.map(({ results: [result] }) => result as typeof made);
    expect(results.map((result) => [result.made, result.calls]).sort()).toEqual([
      [false, 0],
      [true, 1],
    ]);
    expect(results[0]?.records).toEqual(results[1]?.records);
    expect(events).toEqual([waits]);
  });

  it('is not there when its making failed, and may be made at once', async () => {
    const { results, keys } = await inSandbox([{ do: 'make', fail: 'It rained.' }, { do: 'use' }]);
    expect(results).toEqual([{ failure: 'It rained.', calls: 1 }, null]);
    expect(keys).toEqual([]);
    const again = await inSandbox([{ do: 'make', fail: 'Again.' }, { do: 'make' }]);
    // No build had to wait: the lock was given back.
    expect(again.results).toEqual([{ failure: 'Again.', calls: 1 }, at(pathOf('tree'), made)]);
    expect(events).toEqual([]);
  });

  it('takes the place of one that was never completed', async () => {
    await inSandbox([{ do: 'make' }, { do: 'sh', script: 'rm record.json; echo old > tree/old' }]);
    const { results } = await inSandbox([{ do: 'use' }, { do: 'make' }, { do: 'use' }]);
    expect(results).toEqual([null, at(pathOf('tree'), made), KEY]);
    expect(await ask('ls', '-A', pathOf('tree'))).toBe('etc\nsecret\n');
    expect(events).toEqual([]);
  });
});

function warning(problem: string): Event {
  return {
    type: 'warning',
    task: 'packages',
    message: `The kept result of packages is damaged: ${problem}. It is made again.`,
    hint: 'If it happens again, look at the disk: `npx lunsmith cache verify` checks all of them.',
  };
}

const LISTING = 'names, owners, modes, sizes or times have changed';
const CONTENTS = 'its contents have changed';
/** Other contents of the same size, and nothing else that differs. */
const FLIP =
  'touch -r tree/secret ../../stamp; printf forged > tree/secret; touch -r ../../stamp tree/secret';

describe('damage', () => {
  it.each([
    ['a file that was cut short', 'truncate -s 3 tree/secret', LISTING],
    ['a file that was written', 'printf forged > tree/secret', LISTING],
    ['a mode', 'chmod 0644 tree/secret', LISTING],
    ['an owner', 'chown 101 tree/secret', LISTING],
    ['a group', 'chgrp 0 tree/secret', LISTING],
    ['a time', 'touch -d @5 tree/etc', LISTING],
    ['a name', 'mv tree/secret tree/public', LISTING],
    ['a file that is gone', 'rm tree/secret', '2 files instead of 3'],
    ['a file that is new', 'touch tree/etc/new', '4 files instead of 3'],
    ['a tree that is gone', 'rm -r tree', 'its folder is missing'],
  ])('of %s is found, and the entry made again', async (_, script, problem) => {
    const { results, keys } = await inSandbox([
      { do: 'make' },
      { do: 'sh', script },
      { do: 'use' },
      { do: 'use' },
      { do: 'make' },
      { do: 'use' },
    ]);
    expect(results).toEqual([at(pathOf('tree'), made), null, null, at(pathOf('tree'), made), KEY]);
    expect(keys).toEqual([KEY]);
    expect(events).toEqual([warning(problem)]);
  });

  it('is found by the build that is about to make the same', async () => {
    const { results } = await inSandbox([
      { do: 'make' },
      { do: 'sh', script: 'chmod 0644 tree/secret' },
      { do: 'make' },
    ]);
    expect(results).toEqual([at(pathOf('tree'), made), at(pathOf('tree'), made)]);
    expect(events).toEqual([warning(LISTING)]);
  });

  it('is found once by two builds at once, of which one makes it again', async () => {
    await inSandbox([{ do: 'make' }, { do: 'sh', script: 'chmod 0644 tree/secret' }]);
    const wait = folder.at('pipe');
    await ask('mkfifo', wait);
    const listen = (event: Event) => {
      if (event.type === 'progress') void writeFile(wait, 'go');
    };
    const both = await Promise.all(
      ['one', 'two'].map((by) => inSandbox([{ do: 'use' }, { do: 'make', wait, records: { by } }], listen)),
    );
    const makes = both.map(({ results }) => results[1] as typeof made);
    expect(makes.map((result) => [result.made, result.calls]).sort()).toEqual([
      [false, 0],
      [true, 1],
    ]);
    expect(events.filter(({ type }) => type === 'warning')).toEqual([warning(LISTING)]);
    expect(await (await openStore(folder.at('store'))).keys()).toEqual([KEY]);
  });

  it('of contents alone is found in what an earlier run of the machine wrote', async () => {
    const { results } = await inSandbox([
      { do: 'make' },
      { do: 'earlier-run' },
      { do: 'sh', script: FLIP },
      { do: 'use' },
      { do: 'make' },
      { do: 'use' },
    ]);
    expect(results).toEqual([at(pathOf('tree'), made), null, at(pathOf('tree'), made), KEY]);
    expect(events).toEqual([warning(CONTENTS)]);
  });

  it('of contents of an output is found likewise', async () => {
    const { results } = await inSandbox([
      { do: 'make', kind: 'output' },
      { do: 'earlier-run' },
      { do: 'sh', script: FLIP.replaceAll('tree', 'output') },
      { do: 'use' },
    ]);
    expect(results).toEqual([at(pathOf('output'), made), null]);
    expect(events).toEqual([warning(CONTENTS)]);
  });

  it('of a file capability alone is found too', async () => {
    const { results } = await inSandbox([
      { do: 'make' },
      { do: 'earlier-run' },
      { do: 'sh', script: 'setcap cap_net_raw+ep tree/secret' },
      { do: 'use' },
    ]);
    expect(results).toEqual([at(pathOf('tree'), made), null]);
    expect(events).toEqual([warning(CONTENTS)]);
  });

  it('of contents alone is looked for once in a run of the machine', async () => {
    const { results } = await inSandbox([
      { do: 'make' },
      { do: 'earlier-run' },
      { do: 'use' },
      { do: 'sh', script: `test "$(cat checked)" = "${await bootId()}"` },
      // From now on only what a walk shows is looked at.
      { do: 'sh', script: FLIP },
      { do: 'use' },
      { do: 'sh', script: 'echo another > checked' },
      { do: 'use' },
    ]);
    expect(results).toEqual([at(pathOf('tree'), made), KEY, KEY, null]);
    expect(events).toEqual([warning(CONTENTS)]);
  });
});
