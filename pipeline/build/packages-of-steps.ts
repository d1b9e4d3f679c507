/** Brings the packages of all steps that have to run into the pool, in the order in which they will be asked for. */

import { authorizationOf } from '../plan/authorization.js';
import type { PooledPackage } from '../plan/package-set.js';
import { fillPool } from '../store/pool.js';
import type { Build } from './build.js';
import { taskPorts } from './build.js';
import type { Fetching } from './step-work.js';

/**
 * Begins with the first step's packages when they are asked for, and goes on with those of later steps while the earlier
 * ones are installed.
 */
export function fetchPackages(build: Build): Fetching {
  const fetched = new Map<string, Promise<readonly PooledPackage[]>>();
  const fetch = (step: string): Promise<readonly PooledPackage[]> => {
    const packages = build.packages.get(step) ?? [];
    if (packages.length === 0) return Promise.resolve([]);
    const known =
      fetched.get(step) ??
      fillPool(packages, {
        archives: build.archives,
        authorize: () => authorizationOf(build.keyed.plan),
        folder: build.store.pool,
        task: step,
        ports: taskPorts(build, step),
      });
    // The step that awaits them hears of a failure; until then it must not count as an unhandled rejection.
    known.catch(() => undefined);
    fetched.set(step, known);
    return known;
  };
  const order = build.keyed.steps.map(({ id }) => id).filter((id) => build.packages.has(id));
  return async (step) => {
    const found = await fetch(step);
    const next = order[order.indexOf(step) + 1];
    if (order.includes(step) && next !== undefined) void fetch(next);
    return found;
  };
}
