/** The plan: the checked order of all steps of a build, and the tools that they need. */

import { platformOf } from '../../artifacts/platform/platforms.js';
import { throwIfAny } from '../../base/diagnostic.js';
import { type Diagnostic, Failure } from '../../base/failure.js';
import { slashesMeant } from '../../base/suggest.js';
import type { DistributionRegistry, KnownDistribution } from '../distribution.js';
import type { Recipe, RecipeStep } from '../recipe/recipe.js';
import type { Architecture, RecipeFacts } from '../recipe-facts.js';
import { emulatorFor } from '../sandbox/foreign.js';
import type { AnyStage, StageFinding, StageRegistry, ToolNeed } from '../stage.js';
import { checkOrder } from './order.js';
import { type PlannedStep, toolsOfStep } from './planned-step.js';

export interface Plan {
  readonly recipe: Recipe;
  readonly facts: RecipeFacts;
  /** Rootfs steps as the recipe orders them, then the output steps. */
  readonly steps: readonly PlannedStep[];
  /** Each tool once, by name, with the greatest version that a step asks for. */
  readonly tools: readonly ToolNeed[];
  /** What stages found that is allowed but seldom meant. */
  readonly warnings?: readonly Diagnostic[];
}

/**
 * The plan of a recipe. Runs every stage's own check; writes nothing.
 * @param mirror that the user chose, if any
 * @throws Failure of kind `recipe` with everything that is wrong
 */
export function planBuild(
  recipe: Recipe,
  registry: StageRegistry,
  distributions: DistributionRegistry,
  mirror?: string,
): Plan {
  const { name, folder, platform, architecture, disk, loader, kernel } = recipe;
  // The loader requires a disk of every recipe whose stages declare that they read it.
  const facts = {
    name,
    folder,
    platform,
    architecture,
    ...(disk === undefined ? {} : { disk }),
    ...(loader === undefined ? {} : { loader }),
    kernel,
  } as RecipeFacts;
  const written = [...recipe.steps, ...(recipe.outputs ?? [])];
  const distribution = distributionOfRecipe(recipe, registry, distributions);
  const pairs = written.flatMap((step) => {
    const stage = registry.get(step.uses);
    return stage === undefined
      ? []
      : [{ step, planned: planStep(step, stage, { distribution, architecture }) }];
  });
  const steps = pairs.map(({ planned }) => planned);
  const problems = checkOrder(steps, registry);
  const warnings: Diagnostic[] = [];
  const order = steps.map(({ stage }) => stage.name);
  pairs.forEach(({ step, planned: { stage, options } }, index) => {
    const findings =
      stage.check?.({ options, recipe: facts, distribution, mirror, step: step.name, order, index }) ?? [];
    for (const finding of findings)
      (finding.warning === true ? warnings : problems).push(located(finding, step));
  });
  throwIfAny('recipe', problems);
  return {
    recipe,
    facts,
    steps,
    tools: toolsOf(steps, facts),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** What is allowed but seldom meant. */
export function recipeWarnings({ recipe, steps, warnings: found = [] }: Plan): Diagnostic[] {
  const { commandLine } = recipe.kernel;
  const { serial } = platformOf(recipe.platform).gate;
  const warnings = [...(recipe.warnings ?? []), ...found];
  if (!steps.some(({ stage }) => stage.facts?.includes('kernel'))) return [...warnings];
  if (commandLine.some((parameter) => new RegExp(`^console=${serial}(,|$)`).test(parameter)))
    return [...warnings];
  return [
    ...warnings,
    {
      what: 'The kernel has no serial console: the boot gate cannot see this release boot.',
      expected: `\`console=${serial},115200\` in \`kernel.command-line\``,
    },
  ];
}

/** That of the first step which makes one: a root tree has one distribution, of which all its steps ask. */
function distributionOfRecipe(
  { steps }: Recipe,
  registry: StageRegistry,
  distributions: DistributionRegistry,
): KnownDistribution | undefined {
  const [id] = steps.flatMap(({ uses, options }) => registry.get(uses)?.distribution?.(options) ?? []);
  const found = id === undefined ? undefined : distributions.get(id);
  if (id !== undefined && found === undefined)
    throw new Failure('internal', { what: `There is no distribution ${id} in the registry.` });
  return found;
}

function planStep(
  { name, options, place }: RecipeStep,
  stage: AnyStage,
  {
    distribution,
    architecture,
  }: { readonly distribution: KnownDistribution | undefined; readonly architecture: Architecture },
): PlannedStep {
  const about = stage.title?.(options) ?? (name === stage.name ? '' : `(${stage.name})`);
  const title = about === '' ? name : `${name}  ${about}`;
  // No step that writes the release runs a program of the tree.
  const emulator = stage.kind === 'rootfs' ? emulatorFor(architecture) : undefined;
  return { id: name, stage, options, distribution, place, title, ...(emulator && { emulator }) };
}

function located({ path, warning: _warning, ...finding }: StageFinding, step: RecipeStep): Diagnostic {
  const place = step.locate?.(path) ?? step.place;
  const { text = '', column, length = 0 } = place;
  const written = text.slice(column - 1, column - 1 + length).replace(/^(['"])(.*)\1$/, '$2');
  return { ...slashesMeant(written), ...finding, place };
}

function toolsOf(steps: readonly PlannedStep[], facts: RecipeFacts): ToolNeed[] {
  const needs = new Map<string, ToolNeed>();
  for (const step of steps) {
    for (const need of toolsOfStep(step, facts)) {
      const known = needs.get(need.name);
      if (known === undefined || compareVersions(known.min ?? '', need.min ?? '') < 0)
        needs.set(need.name, need);
    }
  }
  return [...needs.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Dot-separated numbers; what is missing counts as zero. Negative when `a` is older. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) =>
    version.split('.').map((part) => Number.parseInt(part, 10) || 0),
  );
  for (let index = 0; index < Math.max(left?.length ?? 0, right?.length ?? 0); index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
