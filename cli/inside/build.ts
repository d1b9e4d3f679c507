/** The build inside the sandbox. It reads the recipe again, since stages cannot travel between processes. */
import { type BuildPlace, type BuiltRelease, executePlan } from '../../pipeline/executor.js';
import { loadRecipe } from '../../pipeline/load.js';
import { planBuild } from '../../pipeline/plan.js';
import type { Ports } from '../../pipeline/ports.js';
import { stages } from '../../stages/index.js';

export interface BuildInside {
  readonly recipe: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly place: BuildPlace;
}

export async function inside(payload: BuildInside, ports: Ports): Promise<BuiltRelease> {
  const recipe = await loadRecipe(payload.recipe, stages, { variables: payload.variables });
  return executePlan(planBuild(recipe, stages), payload.place, ports);
}
