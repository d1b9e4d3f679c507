/** `lunsmith check`: everything that can be known before a build, without building. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { checkRecipes } from '../../app/check.js';
import { mirrorOption, setOption } from '../options.js';
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
    .addOption(mirrorOption())
    .option('--steps', 'list the steps of the plan')
    .addHelpText('after', HELP)
    .action(async (recipes, options) => {
      const renderer = session.open({ plain: true });
      const folders = recipes.map((recipe) => path.resolve(cwd, recipe));
      const { set: variables = {}, mirror } = options;
      const plans = await checkRecipes({ folders, variables, mirror }, renderer.emit);
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
