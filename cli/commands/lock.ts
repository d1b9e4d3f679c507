/** `lunsmith lock`: which packages a recipe comes to, written down beside it. */
import path from 'node:path';
import { type Command, Option } from '@commander-js/extra-typings';
import { checkRecipes } from '../../app/check.js';
import { storeFolder } from '../../app/prepare.js';
import { resolveInSandbox } from '../../app/resolve.js';
import type { Emit } from '../../base/event.js';
import { Failure } from '../../base/failure.js';
import {
  type Lock,
  lockFile,
  readLock,
  staleness,
  toolsOf,
  writeLock,
} from '../../pipeline/plan/lock/lock.js';
import { diffLocks } from '../../pipeline/plan/lock/lock-diff.js';
import type { Plan } from '../../pipeline/plan/plan.js';
import { mirrorOption, setOption, workspaceOption } from '../options.js';
import { type LockOutcome, lockLines } from '../render/lock.js';
import { styleFor } from '../render/style.js';
import { shortPath } from '../render/text.js';
import type { Session } from '../session.js';

export function addLockCommand(program: Command, session: Session): void {
  const { cwd, stdout, env } = session.terminal;
  program
    .command('lock')
    .summary('write down exactly which packages recipes install')
    .description(
      'Resolves the packages of each recipe against the signed indexes of its archives and writes recipe.lock beside its ' +
        'recipe.yaml. Builds then install exactly these. A lock that fits its recipe stays as it is.',
    )
    .argument('<recipe...>', 'folders with a recipe.yaml')
    .option('--update', 'resolve anew, to the newest versions, and show what changes')
    .addOption(setOption())
    .addOption(mirrorOption())
    .addOption(workspaceOption(session.terminal))
    .addOption(new Option('--json', 'print one JSON document'))
    .addHelpText('after', HELP)
    .action(async (recipes, options) => {
      const renderer = session.open({ plain: true });
      const variables = options.set ?? {};
      const state = path.join(storeFolder(path.resolve(cwd, options.workspace)), 'resolve');
      const onlyWarnings: Emit = (event) => {
        if (event.type === 'warning' && options.json !== true) renderer.emit(event);
      };
      const folders = recipes.map((recipe) => path.resolve(cwd, recipe));
      const plans = await checkRecipes({ folders, variables, mirror: options.mirror }, onlyWarnings);
      const documents: unknown[] = [];
      for (const plan of plans) {
        const settings = { state, mirror: options.mirror, update: options.update === true };
        const outcome = await lockRecipe(plan, settings, onlyWarnings, session.signal);
        const { recipe, did, lock, diff } = outcome;
        const file = lockFile(plan.recipe.folder);
        const packages = lock.steps.reduce((sum, step) => sum + step.packages.length, 0);
        documents.push({ recipe, file, did, packages, indexes: lock.indexes, diff: diff ?? null });
        if (options.json === true) continue;
        const shown = { ...outcome, file: shortPath(file, cwd) };
        renderer.print(lockLines(shown, styleFor(stdout, env)));
      }
      if (options.json === true) renderer.print([JSON.stringify(documents, undefined, 2)]);
    });
}

const HELP = `
Examples:
  $ npx lunsmith lock recipes/debian-bookworm
  $ npx lunsmith lock recipes/* --update

Without --update a package keeps the version that the lock has wherever the recipe's request still allows it.
Put recipe.lock under version control: who builds from it gets the same packages.`;

interface LockSettings {
  readonly state: string;
  readonly mirror: string | undefined;
  readonly update: boolean;
}

async function lockRecipe(
  plan: Plan,
  settings: LockSettings,
  emit: Emit,
  signal: AbortSignal,
): Promise<Omit<LockOutcome, 'file'>> {
  const { folder, name } = plan.recipe;
  const { update, ...given } = settings;
  const old = await oldLock(folder, emit);
  const fits = old !== undefined && staleness(plan, old, lockFile(folder)).length === 0;
  if (fits && !update) return { recipe: name, did: 'kept', lock: old };
  const keep = !update && old?.architecture === plan.recipe.architecture;
  const prefer = keep
    ? {
        prefer: {
          packages: old.steps.flatMap(({ packages }) => packages),
          tools: toolsOf(old),
          indexes: old.indexes,
        },
      }
    : {};
  const locked = old === undefined ? {} : { locked: old.indexes };
  const { reasons, ...lock } = await resolveInSandbox(
    { recipe: plan.recipe, ...given, ...prefer, ...locked },
    emit,
    signal,
  );
  await writeLock(folder, lock);
  return {
    recipe: name,
    did: 'written',
    lock,
    ...(old === undefined ? {} : { diff: diffLocks(old, lock, reasons) }),
  };
}

/** The lock that is there; one that cannot be read is replaced. */
async function oldLock(folder: string, emit: Emit): Promise<Lock | undefined> {
  try {
    return await readLock(folder);
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'recipe') throw error;
    const { what, place } = error.diagnostics[0];
    const where = place === undefined ? '' : `${place.file}:${place.line}: `;
    emit({ type: 'warning', message: `${where}${what}`, hint: 'It is resolved anew and replaced.' });
    return undefined;
  }
}
