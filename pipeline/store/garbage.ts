/**
 * Keeps a store within its budget. What goes is chosen, and renamed into the trash, while no build can say what it needs;
 * the slow removal comes after.
 */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from '../../base/ports.js';
import { allSettled } from '../../base/settled.js';
import { entriesOf, type Found, findGarbage, packagesOf } from './garbage/candidates.js';
import { describeGarbage, type GarbageReport } from './garbage/report.js';
import { type GarbageRequest } from './garbage/request.js';
import { REMOVED } from './gc-roots.js';
import { type Lease, takeLease, tryLease } from './lease.js';
import { forget, forgetPointers } from './leftovers.js';
import { openStore, type Store } from './store.js';
import { removalLock } from './temporary-roots.js';
import { listTrash, moveAllToTrash, moveToTrash, removeForGood } from './trash.js';

/**
 * Removes what is left over, and then what was used least recently until the rest fits the budget; never what a running build
 * needs. Runs in the sandbox.
 * @throws Failure of kind `integrity` when it is not known what a running build needs
 */
export async function collectGarbage(request: GarbageRequest, ports: Ports): Promise<GarbageReport> {
  const store = await openStore(request.store);
  if (request.dryRun) {
    await using _unchanged = await takeLease(removalLock(store), ports, { shared: true });
    const found = await findGarbage(store, request, ports);
    return await describeGarbage(store, request, found, await listTrash(store), ports);
  }
  const { report, doomed, emptying } = await chooseAndMove(store, request, ports);
  await using _emptying = emptying;
  await removeForGood(doomed, ports);
  return report;
}

interface Moved {
  readonly report: GarbageReport;
  /** Absolute paths of what lies in the trash. */
  readonly doomed: readonly string[];
  readonly emptying: Lease | undefined;
}

async function chooseAndMove(store: Store, request: GarbageRequest, ports: Ports): Promise<Moved> {
  await using _removal = await takeLease(removalLock(store), ports);
  const found = await findGarbage(store, request, ports);
  // The holder of this lease is emptying the trash: what lies there is its to remove and to count.
  const emptying = await tryLease(join(store.path, 'locks', 'emptying'), ports);
  try {
    const trash = emptying === undefined ? [] : await listTrash(store);
    const report = await describeGarbage(store, request, found, trash, ports);
    return { report, doomed: [...trash, ...(await move(store, found))], emptying };
  } catch (error) {
    await emptying?.[Symbol.asyncDispose]();
    throw error;
  }
}

/** @returns where it all is now */
async function move(store: Store, found: Found): Promise<string[]> {
  const { choice, roots, locks, incomplete, idle, stale } = found;
  const chosen = choice.remove.map(({ candidate }) => candidate);
  const entries = [...entriesOf(chosen).map(({ id }) => id), ...incomplete];
  // Until the last has moved the lock is held: all of them are waited for.
  const folders = await allSettled(entries.map((key) => moveToTrash(store, store.entry(key))));
  const packages = [...packagesOf(chosen).map((each) => each.package), ...stale];
  const files = await moveAllToTrash(
    store,
    packages.flatMap((each) => each.files),
  );
  const indexes = await allSettled(idle.map((path) => moveToTrash(store, path)));
  // Not into the trash, which may lie on another file system.
  const failed = await allSettled(roots.expired.map(moveAside));
  await forget(store, roots, locks);
  await forgetPointers(store);
  return [...[...folders, ...indexes].filter((path) => path !== undefined), ...files, ...failed];
}

async function moveAside(path: string): Promise<string> {
  if (path.endsWith(REMOVED)) return path;
  await rename(path, path + REMOVED);
  return path + REMOVED;
}
