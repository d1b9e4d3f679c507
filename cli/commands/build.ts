/** `lunsmith build`: recipes to releases. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { build } from '../../app/build.js';
import { checkRecipes } from '../../app/check.js';
import { cellsOfPlatform, defaultParallel, gateNeeds } from '../../app/matrix.js';
import { type Bootable, prove } from '../../app/prove.js';
import { shellInFailedTree } from '../../app/shell.js';
import type { PlatformId } from '../../artifacts/platform/platforms.js';
import { Failure } from '../../base/failure.js';
import {
  indexAgeOption,
  jsonOption,
  mirrorOption,
  outputOption,
  plainOption,
  setOption,
  verboseOption,
  workspaceOption,
} from '../options.js';
import { shortPath } from '../render/text.js';
import type { Session } from '../session.js';

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
    .addOption(indexAgeOption())
    .addOption(workspaceOption(session.terminal))
    .option('--prove', 'boot each release over iSCSI as `prove` does, right after it is built')
    .option('--twice', 'build each once more from nothing, and compare both releases bit for bit')
    .option('--shell-on-failure', 'open a shell in the tree of the step that failed')
    .addOption(plainOption())
    .addOption(verboseOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (recipes, options) => {
      const renderer = session.open(options);
      const variables = options.set ?? {};
      // All of them first: a slip in the last must not show up after the others were built.
      const folders = recipes.map((recipe) => path.resolve(cwd, recipe));
      const recipesOnly = options.prove !== true;
      const needs = (platform: PlatformId) => gateNeeds(cellsOfPlatform(platform));
      const { mirror } = options;
      const plans = await checkRecipes({ folders, variables, mirror, needs, recipesOnly }, renderer.emit);
      const workspace = path.resolve(cwd, options.workspace);
      const shell = options.shellOnFailure === true;
      if (shell) requireTerminal(session);
      const request = {
        plans,
        output: path.resolve(cwd, options.output),
        workspace,
        indexAge: options.indexAge,
        twice: options.twice === true,
        keepFailed: shell,
        ...(mirror === undefined ? {} : { mirror }),
      };
      const releases = await build(request, renderer.emit, session.signal).catch(async (error: unknown) => {
        if (!shell || session.signal.aborted) throw error;
        const failure = Failure.from(error);
        session.fail(failure);
        await shellInFailedTree(failure, workspace, renderer.print, session.signal);
        throw failure;
      });
      for (const release of releases) {
        if (options.prove === true) {
          session.signal.throwIfAborted();
          const request = {
            release: release.path,
            cells: ({ platform }: Bootable) => cellsOfPlatform(platform),
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

function requireTerminal({ terminal }: Session): void {
  if (terminal.stdout.isTTY === true) return;
  throw new Failure('usage', {
    what: '`--shell-on-failure` needs a terminal.',
    hint: 'Run the command in a terminal, or leave the option out.',
  });
}

const HELP = `
Examples:
  $ npx lunsmith build recipes/debian-bookworm --output out
  $ npx lunsmith build recipes/* --prove
  $ npx lunsmith build my-recipe --set disk-size=10G --mirror http://mirror.example.org/debian
  $ npx lunsmith build my-recipe --json | jq -r 'select(.type == "released").path'

Steps whose inputs did not change are taken from WORKSPACE/store: \`npx lunsmith plan\` tells which, and why others run.
A failed build leaves no release; the next one goes on at the step that failed. Its full log stays in WORKSPACE/logs.`;
