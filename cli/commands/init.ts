/** `lunsmith init`: a commented recipe to start from. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { initRecipe } from '../../pipeline/recipe/init.js';
import { shortPath } from '../render/text.js';
import type { Session } from '../session.js';

/** The shipped recipe that is explained line by line. */
const TEMPLATE = 'debian-bookworm';

export function addInitCommand(program: Command, session: Session): void {
  const { cwd } = session.terminal;
  program
    .command('init')
    .summary('write a commented recipe to start from')
    .description('Writes a folder with a recipe that builds and boots as it stands, every line explained.')
    .argument('<folder>', 'folder to make; it must not exist yet, or be empty')
    .addHelpText('after', '\nExample:\n  $ npx lunsmith init my-recipe')
    .action(async (folder) => {
      const renderer = session.open({ plain: true });
      const target = path.resolve(cwd, folder);
      await initRecipe(target, TEMPLATE);
      const shown = shortPath(target, cwd);
      renderer.print([
        `Wrote ${shortPath(path.join(target, 'recipe.yaml'), cwd)}.`,
        `Check it: npx lunsmith check ${shown}`,
        `Build it: npx lunsmith build ${shown} --output out`,
      ]);
    });
}
