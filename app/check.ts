/** Everything that can be known before a build, without building. */
import type { PlatformId } from '../artifacts/platform/platforms.js';
import type { Emit } from '../base/event.js';
import { Failure } from '../base/failure.js';
import { resolveSecret } from '../base/secret.js';
import { toolVersions } from '../pipeline/plan/keys/tool-versions.js';
import { type Plan, planBuild, recipeWarnings } from '../pipeline/plan/plan.js';
import { loadRecipe } from '../pipeline/recipe/load.js';
import type { ToolNeed } from '../pipeline/stage.js';
import { requireHost } from '../pipeline/tools.js';
import { type Registry, registry as standard } from './registry.js';
import { warnOf } from './warn-of.js';

export interface CheckRequest {
  /** Absolute paths. */
  readonly folders: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** The mirror that the user chose, if any. */
  readonly mirror?: string | undefined;
  /** What the host must have besides the recipes' own needs. */
  readonly needs?: (platform: PlatformId) => readonly ToolNeed[];
  /** Ask nothing of the host: the build does, if there is work for it. Default false. */
  readonly recipesOnly?: boolean;
  /** Default: the standard one. */
  readonly registry?: Registry;
}

/** The plans of all recipes. @throws Failure that tells what is wrong in any of them, or missing on the host */
export async function checkRecipes(request: CheckRequest, emit: Emit): Promise<Plan[]> {
  const { stages, distributions } = request.registry ?? standard;
  const plans: Plan[] = [];
  const failures: Failure[] = [];
  for (const folder of request.folders) {
    try {
      plans.push(
        planBuild(
          await loadRecipe(folder, stages, { variables: request.variables }),
          stages,
          distributions,
          request.mirror,
        ),
      );
    } catch (error) {
      failures.push(Failure.from(error));
    }
  }
  Failure.throwAll(failures);
  if (request.recipesOnly !== true) {
    const needs = plans.flatMap(({ tools }) => tools);
    const others = plans.flatMap(({ recipe }) => request.needs?.(recipe.platform) ?? []);
    await requireHost([...needs, ...others]);
    await toolVersions(needs);
  }
  for (const plan of plans) {
    await warnOfSecrets(plan, emit);
    for (const each of recipeWarnings(plan)) warnOf(plan, each, emit);
  }
  return plans;
}

/** A check needs no secret; a build without one ends before its first step. */
async function warnOfSecrets({ recipe, steps }: Plan, emit: Emit): Promise<void> {
  const references = steps.flatMap(({ stage, options }) => [
    ...(stage.secrets?.(options) ?? []),
    ...[stage.credentials?.(options) ?? []].flat(),
  ]);
  for (const reference of new Set(references)) {
    await resolveSecret(reference, recipe.folder).catch((error: unknown) => {
      const [{ what, hint }] = Failure.from(error).diagnostics;
      emit({
        type: 'warning',
        message: `${recipe.name}: ${what} A build needs it.`,
        ...(hint === undefined ? {} : { hint }),
      });
    });
  }
}
