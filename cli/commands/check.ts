/** `lunsmith check`: everything that can be known before a build, without building. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { checkRecipes } from '../../app/check.js';
import { jsonOption, mirrorOption, setOption } from '../options.js';
import { table } from '../render/text.js';
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
    .addOption(mirrorOption())
    .option('--steps', 'list the steps of the plan')
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (recipes, options) => {
      const renderer = session.open({ plain: true, json: options.json });
      const folders = recipes.map((recipe) => path.resolve(cwd, recipe));
      const { set: variables = {}, mirror } = options;
      const plans = await checkRecipes({ folders, variables, mirror }, renderer.emit);
      for (const plan of plans) {
        const steps = plan.steps.map(({ title }) => title);
        renderer.emit({ type: 'checked', recipe: plan.recipe.name, path: plan.recipe.folder, steps });
        if (options.steps === true)
          renderer.print(table(steps.map((title, at) => [`${at + 1}`.padStart(4), title])));
      }
    });
}

const HELP = `
Examples:
  $ npx lunsmith check recipes/debian-bookworm
  $ npx lunsmith check recipes/* --steps`;
