/** Runs inside the sandbox for store/entry.real.test.ts: makes and looks for entries of a store as a build does. */
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import type { Build } from '../../pipeline/build/build.js';
import type { KeyedPlan } from '../../pipeline/plan/keys/fingerprint.js';
import { type EntryWork, makeEntry, usableEntry } from '../../pipeline/store/entry.js';
import { openStore } from '../../pipeline/store/store.js';

export interface EntryInside extends Pick<EntryWork, 'folder' | 'key' | 'inputs'> {
  readonly does: readonly EntryAction[];
}

interface Make {
  readonly do: 'make';
  readonly kind?: EntryWork['kind'];
  readonly records?: Readonly<Record<string, unknown>>;
  /** A pipe on which the making waits. */
  readonly wait?: string;
  readonly fail?: string;
}

export type EntryAction =
  | Make
  | { readonly do: 'use' }
  /** In the entry's folder. */
  | { readonly do: 'sh'; readonly script: string }
  | { readonly do: 'earlier-run' };

export interface EntryOutcome {
  /** Of each `make` and `use`. */
  readonly results: readonly unknown[];
  readonly keys: readonly string[];
}

export async function inside(payload: EntryInside, ports: Ports): Promise<EntryOutcome> {
  const { folder, does, key } = payload;
  const store = await openStore(join(folder, 'store'));
  const build = {
    store,
    keyed: { plan: { recipe: { name: 'demo' } } } as KeyedPlan,
    completions: [] as Promise<void>[],
    emit: ports.emit,
    signal: ports.signal,
  } as Build;
  const results: unknown[] = [];
  for (const action of does) {
    if (action.do === 'make') results.push(await make(build, action, payload, ports));
    else if (action.do === 'use') results.push((await usableEntry(build, key, 'packages'))?.key ?? null);
    else if (action.do === 'sh')
      await ports.run(['sh', '-eu', '-c', action.script], { doing: 'damage', cwd: store.entry(key) });
    else await pretendEarlierRun(store.entry(key));
  }
  return { results, keys: await store.keys() };
}

async function make(
  build: Build,
  { kind = 'layer', records = {}, wait, fail }: Make,
  { folder, key, inputs }: EntryInside,
  ports: Ports,
) {
  let calls = 0;
  const own = join(folder, `build-${randomBytes(4).toString('hex')}`);
  const work: EntryWork = {
    key,
    inputs,
    kind,
    step: 'packages',
    folder: own,
    make: async (content) => {
      calls++;
      if (fail !== undefined) throw new Failure('tool', { what: fail });
      await mkdir(join(content, 'etc'));
      await writeFile(join(content, 'etc', 'passwd'), 'root:x:0:0\n');
      await writeFile(join(content, 'secret'), 'hidden');
      await chmod(join(content, 'secret'), 0o640);
      await chown(join(content, 'secret'), 100, 200);
      // A pipe: reading it blocks until it was written to.
      if (wait !== undefined) await readFile(wait);
      return { records };
    },
  };
  try {
    const { records: found, path, made } = await makeEntry(build, work, ports);
    await Promise.all(build.completions);
    return { records: found, path, made, calls };
  } catch (error) {
    return { failure: Failure.from(error).message, calls };
  }
}

/** The record of an entry that was written before the machine was started last. */
async function pretendEarlierRun(entry: string): Promise<void> {
  const path = join(entry, 'record.json');
  const record = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...record, boot: 'earlier' }));
}
