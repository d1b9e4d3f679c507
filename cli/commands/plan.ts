/** `lunsmith plan`: what a build would do, and why, without doing it. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { Option } from '@commander-js/extra-typings';
import { checkRecipes } from '../../app/check.js';
import { knownLock, prepareBuild, storeFolder } from '../../app/prepare.js';
import { forecast } from '../../pipeline/plan/keys/forecast.js';
import { readLock } from '../../pipeline/plan/lock/lock.js';
import { openStore } from '../../pipeline/store/store.js';
import { indexAgeOption, mirrorOption, setOption, workspaceOption } from '../options.js';
import { planLines } from '../render/plan.js';
import { styleFor } from '../render/style.js';
import type { Session } from '../session.js';

export function addPlanCommand(program: Command, session: Session): void {
  const { cwd, stdout, env } = session.terminal;
  program
    .command('plan')
    .summary('tell what a build would do, and why')
    .description(
      'Lists every step of each recipe as cached or to run; of a step to run, which input changed since it was last built.',
    )
    .argument('<recipe...>', 'folders with a recipe.yaml')
    .addOption(setOption())
    .addOption(mirrorOption())
    .addOption(workspaceOption(session.terminal))
    .addOption(indexAgeOption())
    .option('--all', 'show every change of a step')
    .addOption(new Option('--json', 'print one JSON document'))
    .addHelpText('after', HELP)
    .action(async (recipes, options) => {
      const renderer = session.open({ plain: true });
      const folders = recipes.map((recipe) => path.resolve(cwd, recipe));
      const variables = options.set ?? {};
      const quiet = options.json === true ? () => undefined : renderer.emit;
      const plans = await checkRecipes({ folders, variables, mirror: options.mirror }, quiet);
      const store = await openStore(storeFolder(path.resolve(cwd, options.workspace)));
      const documents: unknown[] = [];
      for (const plan of plans) {
        const { mirror } = options;
        const request = { plan, store, ...(mirror === undefined ? {} : { mirror }) };
        const lock = await knownLock({ ...request, indexAge: options.indexAge }, session.signal);
        const { keyed } = await prepareBuild({ ...request, lock }, () => undefined, session.signal);
        const steps = await forecast(keyed, store);
        documents.push({
          recipe: plan.recipe.name,
          locked: (await readLock(plan.recipe.folder)) !== undefined,
          release: keyed.release,
          steps,
        });
        if (options.json !== true) {
          const style = styleFor(stdout, env);
          renderer.print(planLines(plan.recipe.name, steps, { style, all: options.all === true }));
        }
      }
      if (options.json === true) renderer.print([JSON.stringify(documents, undefined, 2)]);
    });
}

const HELP = `
Examples:
  $ npx lunsmith plan recipes/debian-bookworm
  $ npx lunsmith plan recipes/* --set disk-size=10G --json`;
