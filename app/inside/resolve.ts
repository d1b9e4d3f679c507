/** The resolution of a recipe's packages inside the sandbox. */

import type { Ports } from '../../base/ports.js';
import { openMountRoot, openTemporary } from '../../pipeline/build/root-tree.js';
import { type ResolvedLock, resolvePlan } from '../../pipeline/plan/lock/resolve-plan.js';
import type { LockedIndex, Preference } from '../../pipeline/plan/package-set.js';
import { planBuild } from '../../pipeline/plan/plan.js';
import type { Recipe } from '../../pipeline/recipe/recipe.js';
import { importRegistry } from './registry.js';

export interface ResolveInside {
  readonly recipe: Recipe;
  /** Module of the registry that the recipe was planned with. */
  readonly registry: string;
  readonly mirror: string | undefined;
  readonly state: string;
  readonly offline?: boolean;
  readonly prefer?: Preference;
  readonly locked?: readonly LockedIndex[];
  readonly task?: string;
}

export async function inside(payload: ResolveInside, ports: Ports): Promise<ResolvedLock> {
  const { recipe } = payload;
  const { stages, distributions } = await importRegistry(payload.registry);
  const mountRoot = await openMountRoot([payload.state, recipe.folder], ports);
  const temporary = await openTemporary(mountRoot);
  return resolvePlan(
    planBuild(recipe, stages, distributions, payload.mirror),
    { ...payload, temporary },
    ports,
  );
}
