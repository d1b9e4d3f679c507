/** The build inside the sandbox. It plans again, since stages cannot travel between processes. */

import type { Ports } from '../../base/ports.js';
import { type BuildPlace, type BuiltRelease, executePlan } from '../../pipeline/build/executor.js';
import { bindKeys, type PlanKeys } from '../../pipeline/plan/keys/fingerprint.js';
import type { ArchiveUrls, LockedPackage } from '../../pipeline/plan/package-set.js';
import { planBuild } from '../../pipeline/plan/plan.js';
import type { Recipe } from '../../pipeline/recipe/recipe.js';
import { importRegistry } from './registry.js';

export interface BuildInside {
  readonly recipe: Recipe;
  /** Module of the registry that the recipe was planned with. */
  readonly registry: string;
  readonly keys: PlanKeys;
  /** By step. */
  readonly packages: readonly (readonly [string, readonly LockedPackage[]])[];
  readonly tools: readonly LockedPackage[];
  readonly archives: ArchiveUrls;
  readonly place: BuildPlace;
}

export async function inside(payload: BuildInside, ports: Ports): Promise<BuiltRelease> {
  const { stages, distributions } = await importRegistry(payload.registry);
  const keyed = bindKeys(
    planBuild(payload.recipe, stages, distributions, payload.place.mirror),
    payload.keys,
  );
  const { tools, archives } = payload;
  return executePlan(keyed, { packages: new Map(payload.packages), tools, archives }, payload.place, ports);
}
