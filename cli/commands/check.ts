/** `lunsmith check`: everything that can be known before a build, without building. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { checkRecipes } from '../../app/check.js';
import { warnOfNames } from '../../app/check-names.js';
import { checkOnline } from '../../app/check-online.js';
import { storeFolder } from '../../app/prepare.js';
import type { Emit } from '../../base/event.js';
import { jsonOption, mirrorOption, setOption, workspaceOption } from '../options.js';
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
    .option('--online', 'ask the archives too whether they have the suites and packages')
    .addOption(workspaceOption(session.terminal))
    .option('--steps', 'list the steps of the plan')
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (recipes, options) => {
      const renderer = session.open({ plain: true, json: options.json });
      const folders = recipes.map((recipe) => path.resolve(cwd, recipe));
      const { set: variables = {}, mirror } = options;
      const plans = await checkRecipes({ folders, variables, mirror }, renderer.emit);
      const store = storeFolder(path.resolve(cwd, options.workspace));
      const onlyWarnings: Emit = (event) => {
        if (event.type === 'warning') renderer.emit(event);
      };
      const request = { plans, store, ...(mirror === undefined ? {} : { mirror }) };
      const { signal } = session;
      const found = options.online === true ? await checkOnline(request, onlyWarnings, signal) : undefined;
      if (found === undefined) await warnOfNames(request, onlyWarnings, signal);
      for (const plan of plans) {
        const { name: recipe, folder } = plan.recipe;
        const steps = plan.steps.map(({ title }) => title);
        const packages = found?.get(plan);
        const about = packages === undefined ? {} : { packages };
        renderer.emit({ type: 'checked', recipe, path: folder, steps, ...about });
        if (options.steps === true)
          renderer.print(table(steps.map((title, at) => [`${at + 1}`.padStart(4), title])));
      }
    });
}

const HELP = `
Examples:
  $ npx lunsmith check recipes/debian-bookworm
  $ npx lunsmith check recipes/* --steps
  $ npx lunsmith check recipes/debian-bookworm --online

Names of packages are looked up in the indexes that were fetched last, if any were.
--online resolves all packages as a build does, and keeps the answer for it: a wrong suite, a package that is not there
and a mirror that cannot be reached are found before a build begins.`;
