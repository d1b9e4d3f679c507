// Runs inside the sandbox for store-entry.real.test.ts: makes and looks for entries of a store as a build does.
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../dist/artifacts/failure.js';
import { makeEntry, usableEntry } from '../../dist/pipeline/store/entry.js';
import { openStore } from '../../dist/pipeline/store/store.js';

/**
 * @param {{ folder: string, does: readonly ({ do: 'make', kind?: string, records?: object, wait?: string, fail?: string }
 *   | { do: 'use' } | { do: 'sh', script: string } | { do: 'earlier-run' })[], key: string, inputs: object }} payload
 */
export async function inside({ folder, does, key, inputs }, ports) {
  const store = await openStore(join(folder, 'store'));
  const build = {
    store,
    keyed: { plan: { recipe: { name: 'demo' } } },
    completions: [],
    emit: ports.emit,
    signal: ports.signal,
  };
  const results = [];
  for (const action of does) {
    if (action.do === 'make') results.push(await make(build, action, { folder, key, inputs }, ports));
    else if (action.do === 'use') results.push((await usableEntry(build, key, 'packages'))?.key ?? null);
    else if (action.do === 'sh')
      await ports.run(['sh', '-eu', '-c', action.script], { doing: 'damage', cwd: store.entry(key) });
    else await pretendEarlierRun(store.entry(key));
  }
  return { results, keys: await store.keys() };
}

async function make(build, { kind = 'layer', records = {}, wait, fail }, { folder, key, inputs }, ports) {
  let calls = 0;
  const own = join(folder, `build-${randomBytes(4).toString('hex')}`);
  const work = {
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
      // A pipe: reading it waits until somebody has written to it.
      if (wait !== undefined) await readFile(wait);
      return records;
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
async function pretendEarlierRun(entry) {
  const path = join(entry, 'record.json');
  const record = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...record, boot: 'earlier' }));
}
