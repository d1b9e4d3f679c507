/** The build inside the sandbox. It reads the recipe again, since stages cannot travel between processes. */

import type { Ports } from '../../base/ports.js';
import { type BuildPlace, type BuiltRelease, executePlan } from '../../pipeline/build/executor.js';
import { bindKeys, type PlanKeys } from '../../pipeline/plan/keys/fingerprint.js';
import type { LockedPackage } from '../../pipeline/plan/package-set.js';
import { planBuild } from '../../pipeline/plan/plan.js';
import { loadRecipe } from '../../pipeline/recipe/load.js';
import { distributions } from '../../stages/distribution/index.js';
import { stages } from '../../stages/index.js';

export interface BuildInside {
  readonly recipe: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly keys: PlanKeys;
  /** By step. */
  readonly packages: readonly (readonly [string, readonly LockedPackage[]])[];
  readonly archives: Readonly<Record<string, string>>;
  readonly place: BuildPlace;
}

export async function inside(payload: BuildInside, ports: Ports): Promise<BuiltRelease> {
  const recipe = await loadRecipe(payload.recipe, stages, { variables: payload.variables });
  const keyed = bindKeys(planBuild(recipe, stages, distributions), payload.keys);
  const { archives } = payload;
  return executePlan(keyed, { packages: new Map(payload.packages), archives }, payload.place, ports);
}
