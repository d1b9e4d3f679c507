/** `lunsmith build`: recipes to releases. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { build } from '../build.js';
import { bootMatrix, defaultParallel, FIRMWARE, gateNeeds, PATHS } from '../matrix.js';
import {
  jsonOption,
  mirrorOption,
  outputOption,
  plainOption,
  setOption,
  verboseOption,
  workspaceOption,
} from '../options.js';
import { prove } from '../prove.js';
import { shortPath } from '../render/text.js';
import type { Session } from '../session.js';
import { checkRecipes } from './check.js';

export function addBuildCommand(program: Command, session: Session): void {
  const { cwd } = session.terminal;
  program
    .command('build')
    .summary('build recipes into releases')
    .description(
      'Builds each recipe into a release: LUN image, kernel, initramfs, boot files and manifest under one digest.',
    )
    .argument('<recipe...>', 'folders with a recipe.yaml')
    .addOption(outputOption())
    .addOption(setOption())
    .addOption(mirrorOption())
    .addOption(workspaceOption(session.terminal))
    .option('--prove', 'boot each release over iSCSI as `prove` does, right after it is built')
    .addOption(plainOption())
    .addOption(verboseOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (recipes, options) => {
      const renderer = session.open(options);
      const variables = options.set ?? {};
      // All of them first: a slip in the last must not show up after the others were built.
      const folders = recipes.map((recipe) => path.resolve(cwd, recipe));
      const cells = options.prove === true ? bootMatrix(FIRMWARE, PATHS) : [];
      await checkRecipes({ folders, variables, needs: gateNeeds(cells) }, renderer.emit);
      const workspace = path.resolve(cwd, options.workspace);
      for (const recipe of folders) {
        session.signal.throwIfAborted();
        const release = await build(
          {
            recipe,
            output: path.resolve(cwd, options.output),
            workspace,
            variables,
            ...(options.mirror === undefined ? {} : { mirror: options.mirror }),
          },
          renderer.emit,
          session.signal,
        );
        if (options.prove === true) {
          session.signal.throwIfAborted();
          const request = {
            release: release.path,
            cells,
            accel: 'auto',
            parallel: defaultParallel(),
            workspace,
          } as const;
          await prove(request, renderer.emit, session.signal);
        } else {
          renderer.print([`Prove it: npx lunsmith prove ${shortPath(release.path, cwd)}`]);
        }
      }
    });
}

const HELP = `
Examples:
  $ npx lunsmith build recipes/debian-bookworm --output out
  $ npx lunsmith build recipes/* --prove
  $ npx lunsmith build my-recipe --set disk-size=10G --mirror http://mirror.example.org/debian
  $ npx lunsmith build my-recipe --json | jq -r 'select(.type == "released").path'

A failed build leaves no release; its full log stays in WORKSPACE/logs.`;
