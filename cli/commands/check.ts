/** `lunsmith check`: everything that can be known before a build, without building. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { Failure } from '../../artifacts/failure.js';
import type { Emit } from '../../pipeline/event.js';
import { toolVersions } from '../../pipeline/keys/tool-versions.js';
import { loadRecipe } from '../../pipeline/load.js';
import { type Plan, planBuild, recipeWarnings } from '../../pipeline/plan.js';
import type { ToolNeed } from '../../pipeline/stage.js';
import { requireHost } from '../../pipeline/tools.js';
import { stages } from '../../stages/index.js';
import { setOption } from '../options.js';
import { plural, shortPath, table } from '../render/text.js';
import type { Session } from '../session.js';

export function addCheckCommand(program: Command, session: Session): void {
  const { cwd } = session.terminal;
  program
    .command('check')
    .summary('validate recipes without building')
    .description(
      'Validates each recipe, the plan that follows from it, and whether this host has all that it needs.',
    )
    .argument('<recipe...>', 'folders with a recipe.yaml')
    .addOption(setOption())
    .option('--steps', 'list the steps of the plan')
    .addHelpText('after', HELP)
    .action(async (recipes, options) => {
      const renderer = session.open({ plain: true });
      const folders = recipes.map((recipe) => path.resolve(cwd, recipe));
      const plans = await checkRecipes({ folders, variables: options.set ?? {} }, renderer.emit);
      for (const plan of plans) {
        const { name, folder } = plan.recipe;
        renderer.print([
          `${name}: ${plural(plan.steps.length, 'step')}, nothing is missing  (${shortPath(folder, cwd)})`,
        ]);
        if (options.steps === true)
          renderer.print(table(plan.steps.map(({ title }, at) => [`${at + 1}`.padStart(4), title])));
      }
    });
}

const HELP = `
Examples:
  $ npx lunsmith check recipes/debian-bookworm
  $ npx lunsmith check recipes/* --steps`;

export interface CheckRequest {
  /** Absolute paths. */
  readonly folders: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** What the host must have besides the recipes' own needs. */
  readonly needs?: readonly ToolNeed[];
  /** Ask nothing of the host: whoever does the work will, if there is any. Default false. */
  readonly recipesOnly?: boolean;
}

/** The plans of all recipes. @throws Failure that tells what is wrong in any of them, or missing on the host */
export async function checkRecipes(request: CheckRequest, emit: Emit): Promise<Plan[]> {
  const plans: Plan[] = [];
  const failures: Failure[] = [];
  for (const folder of request.folders) {
    try {
      plans.push(planBuild(await loadRecipe(folder, stages, { variables: request.variables }), stages));
    } catch (error) {
      failures.push(Failure.from(error));
    }
  }
  const [first, ...others] = failures;
  if (first !== undefined) {
    const more = others.flatMap(({ diagnostics }) => diagnostics);
    throw new Failure(first.kind, [...first.diagnostics, ...more], { cause: first });
  }
  if (request.recipesOnly !== true) {
    const needs = plans.flatMap(({ tools }) => tools);
    await requireHost([...needs, ...(request.needs ?? [])]);
    await toolVersions(needs);
  }
  for (const { recipe } of plans) {
    for (const { what, expected, hint } of recipeWarnings(recipe)) {
      const toDo = hint ?? (expected === undefined ? undefined : `Expected ${expected}.`);
      emit({
        type: 'warning',
        message: `${recipe.name}: ${what}`,
        ...(toDo === undefined ? {} : { hint: toDo }),
      });
    }
  }
  return plans;
}
