import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPorts } from '../../../base/command.js';
import { Failure } from '../../../base/failure.js';
import { takeLease, tryLease } from '../../../pipeline/store/lease.js';
import { openStore } from '../../../pipeline/store/store.js';
import { removalLock, useStore, usesFolder } from '../../../pipeline/store/temporary-roots.js';
import { ports, type TestFolder, testFolder } from '../../artifacts/formats/tools.js';
import { descendants, untilEnded } from '../../util/processes.js';

let folder: TestFolder;
let lock: string;
beforeEach(async () => {
  folder = await testFolder();
  lock = folder.at('lock');
});
afterEach(() => folder[Symbol.asyncDispose]());

const shared = { shared: true };

/** Something that happens once, and is awaited. */
function happening() {
  let happens: () => void = () => undefined;
  const happened = new Promise<void>((resolve) => {
    happens = resolve;
  });
  return { happens, happened };
}

describe('a lease', () => {
  it('is held by one alone until it is given back', async () => {
    {
      await using lease = await takeLease(lock, ports);
      expect(lease.path).toBe(lock);
      expect(await tryLease(lock, ports)).toBeUndefined();
      expect(await tryLease(lock, ports, shared)).toBeUndefined();
    }
    await using again = await tryLease(lock, ports);
    expect(again?.path).toBe(lock);
  });

  it('is held by many together who share it, and by no exclusive holder meanwhile', async () => {
    {
      await using _one = await takeLease(lock, ports, shared);
      await using two = await tryLease(lock, ports, shared);
      expect(two?.path).toBe(lock);
      expect(await tryLease(lock, ports)).toBeUndefined();
    }
    await using whole = await tryLease(lock, ports);
    expect(whole?.path).toBe(lock);
  });

  it('is handed over to one who waits', async () => {
    const order: string[] = [];
    const first = await takeLease(lock, ports);
    const waits = happening();
    const second = takeLease(lock, ports, { onWait: waits.happens }).then((lease) => {
      order.push('second has it');
      return lease;
    });
    await waits.happened;
    order.push('first gives it back');
    await first[Symbol.asyncDispose]();
    await (await second)[Symbol.asyncDispose]();
    expect(order).toEqual(['first gives it back', 'second has it']);
  });

  it('says that it waits only when it does', async () => {
    let waits = 0;
    const onWait = () => {
      waits++;
    };
    await using _first = await takeLease(lock, ports, { ...shared, onWait });
    await using _second = await takeLease(lock, ports, { ...shared, onWait });
    expect(waits).toBe(0);
  });

  it('has one holder at a time, however many want it at once', async () => {
    await writeFile(folder.at('count'), '0');
    const add = async () => {
      await using _lease = await takeLease(lock, ports);
      const count = Number(await readFile(folder.at('count'), 'utf8'));
      await writeFile(folder.at('count'), String(count + 1));
    };
    await Promise.all(Array.from({ length: 8 }, add));
    expect(await readFile(folder.at('count'), 'utf8')).toBe('8');
  });

  it('is free again when its holder is killed', async () => {
    const holder = spawn(process.execPath, ['dist/test/inside/lease-holder.js', lock], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await using _end = { [Symbol.asyncDispose]: async () => void holder.kill('SIGKILL') };
    await once(holder.stdout, 'data');
    const pids = await descendants(holder.pid ?? 0);
    expect(await tryLease(lock, ports)).toBeUndefined();
    const waits = happening();
    const waiting = takeLease(lock, ports, { onWait: waits.happens });
    await waits.happened;
    holder.kill('SIGKILL');
    await using lease = await waiting;
    expect(lease.path).toBe(lock);
    await untilEnded(pids);
  });

  it('is no longer waited for after an abort', async () => {
    await using _first = await takeLease(lock, ports);
    const abort = new AbortController();
    const others = createPorts({ emit: () => undefined, signal: abort.signal });
    const waiting = takeLease(lock, others, { onWait: () => setImmediate(() => abort.abort()) });
    const failure = await waiting.then(() => undefined, Failure.from);
    expect([failure?.kind, failure?.diagnostics]).toEqual([
      'interrupted',
      [{ what: `The lock ${lock} could not be taken.` }],
    ]);
  });

  it('needs the folder to be there', async () => {
    const path = folder.at('missing/lock');
    for (const take of [takeLease, tryLease]) {
      const failure = await take(path, ports).then(() => undefined, Failure.from);
      expect([failure?.kind, failure?.diagnostics]).toEqual([
        'host',
        [
          {
            what: `The lock ${path} could not be taken.`,
            found: `flock: cannot open lock file ${path}: No such file or directory`,
            hint: 'The workspace must lie on a file system that knows flock(2): see `--workspace`.',
          },
        ],
      ]);
    }
  });
});

describe('what a build uses of the store', () => {
  const USE = { keys: ['a'.repeat(64)], packages: ['b'.repeat(64)] };

  it('is written down and held while it runs', async () => {
    const store = await openStore(folder.at('store'));
    const path = join(usesFolder(store), 'demo-1');
    {
      await using _use = await useStore(store, 'demo-1', USE, ports);
      expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(USE);
      expect(await tryLease(path, ports)).toBeUndefined();
      // Entries may be removed meanwhile, those that are not in use.
      await using removal = await tryLease(removalLock(store), ports);
      expect(removal).toBeDefined();
    }
    expect(await readdir(usesFolder(store))).toEqual([]);
  });

  it('is written down by several builds at once, none while entries are removed', async () => {
    const store = await openStore(folder.at('store'));
    const removal = await takeLease(removalLock(store), ports);
    const begun = ['one', 'two', 'three'].map((build) => useStore(store, build, USE, ports));
    const waits = happening();
    const last = takeLease(removalLock(store), ports, { ...shared, onWait: waits.happens });
    await waits.happened;
    expect(await readdir(usesFolder(store))).toEqual([]);
    await removal[Symbol.asyncDispose]();
    await (await last)[Symbol.asyncDispose]();
    const held = await Promise.all(begun);
    expect((await readdir(usesFolder(store))).sort()).toEqual(['one', 'three', 'two']);
    for (const use of held) await use[Symbol.asyncDispose]();
    expect(await readdir(usesFolder(store))).toEqual([]);
  });
});
