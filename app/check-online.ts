/** What only the archives of a recipe know: whether they have what it asks for. */
import type { Emit } from '../base/event.js';
import { Failure } from '../base/failure.js';
import { checkLock, lockFile, readLock, resolvingSteps } from '../pipeline/plan/lock/lock.js';
import { diffLocks } from '../pipeline/plan/lock/lock-diff.js';
import type { Plan } from '../pipeline/plan/plan.js';
import { openStore } from '../pipeline/store/store.js';
import { resolvePackages } from './prepare.js';
import type { Registry } from './registry.js';

export interface CheckOnlineRequest {
  readonly plans: readonly Plan[];
  /** Absolute path of the store. */
  readonly store: string;
  readonly mirror?: string;
  /** Default: the standard one. */
  readonly registry?: Registry;
}

export interface FoundPackages {
  /** How many the recipe comes to, by its lock if it has one. */
  readonly count: number;
  /** How many of the lock's have another version in the archives now. */
  readonly changed: number;
}

/**
 * Resolves all packages against the signed indexes of their archives, as a build without a lock does, and keeps the answer for one.
 * A recipe that installs none is not in what comes back.
 * @throws Failure that tells of every recipe whose packages do not come, and of a lock that does not fit
 */
export async function checkOnline(
  request: CheckOnlineRequest,
  emit: Emit,
  signal: AbortSignal,
): Promise<ReadonlyMap<Plan, FoundPackages>> {
  const store = await openStore(request.store);
  const { mirror, registry } = request;
  const given = {
    ...{ store, ...(mirror === undefined ? {} : { mirror }) },
    ...(registry === undefined ? {} : { registry }),
  };
  const found = new Map<Plan, FoundPackages>();
  const failures: Failure[] = [];
  for (const plan of request.plans) {
    if (resolvingSteps(plan).length === 0) continue;
    try {
      const { folder } = plan.recipe;
      const lock = await readLock(folder);
      if (lock !== undefined) checkLock(plan, lock, lockFile(folder));
      const resolved = await resolvePackages({ plan, ...given }, emit, signal);
      const count = (lock ?? resolved).steps.reduce((sum, { packages }) => sum + packages.length, 0);
      const changed = lock === undefined ? 0 : diffLocks(lock, resolved).packages.length;
      found.set(plan, { count, changed });
    } catch (error) {
      const failure = Failure.from(error);
      if (failure.kind === 'interrupted') throw failure;
      failures.push(failure);
    }
  }
  Failure.throwAll(failures);
  return found;
}
