/** One apt transaction in the root tree, with its refusals in the recipe's terms. */
import { type Diagnostic, Failure } from '../../artifacts/failure.js';
import type { StageContext } from '../../pipeline/stage.js';
import { aptEnvironment, cleanArgv, installArgv, namesArgv } from './argv.js';
import type { BuildSources } from './build-sources.js';
import { nearest } from './nearest.js';
import { archiveFailure, unknownPackages } from './outcome.js';
import { followApt } from './run.js';
import { parseOneLine } from './sources.js';

export interface Transaction {
  readonly install: readonly string[];
  readonly remove: readonly string[];
  readonly recommends: boolean;
}

type Context = Pick<StageContext<unknown>, 'chroot' | 'epoch' | 'progress'>;

/** @throws Failure of kind `recipe` for unknown packages and unwanted removals, `network`, `signature` or `tool` */
export async function transact(ctx: Context, wanted: Transaction, sources: BuildSources): Promise<void> {
  try {
    await ctx.chroot(
      installArgv(wanted.install, wanted.remove, { ...sources, recommends: wanted.recommends }),
      {
        doing: 'install packages',
        network: true,
        env: aptEnvironment(ctx.epoch),
        onLine: followApt(ctx),
      },
    );
  } catch (error) {
    throw await explain(ctx, error, sources);
  }
  await ctx.chroot(cleanArgv(), { doing: 'remove downloaded packages', quiet: true });
}

/** Names of all packages that apt knows. */
export async function knownPackages(ctx: Pick<Context, 'chroot'>, sources: BuildSources): Promise<string[]> {
  const { stdout } = await ctx.chroot(namesArgv(sources), { doing: 'list the known packages', quiet: true });
  return stdout.split('\n').filter((name) => name !== '');
}

/** The archives in use, for messages. */
export function archivesOf({ text }: BuildSources): string[] {
  const archives = [...new Set(parseOneLine(text ?? '').map(({ uri }) => uri))];
  return archives.length > 0 ? archives : ["the root tree's apt sources"];
}

async function explain(ctx: Context, error: unknown, sources: BuildSources): Promise<unknown> {
  if (!(error instanceof Failure) || error.kind !== 'tool') return error;
  const lines = error.command?.lastLines ?? [];
  const details = { cause: error, ...(error.command === undefined ? {} : { command: error.command }) };
  const [first, ...rest] = unknownPackages(lines);
  if (first !== undefined) {
    const known = await knownPackages(ctx, sources);
    return new Failure(
      'recipe',
      [unknown(first, known), ...rest.map((name) => unknown(name, known))],
      details,
    );
  }
  if (lines.some((line) => line.startsWith('E: Packages need to be removed but remove is disabled'))) {
    return new Failure(
      'recipe',
      {
        what: 'Installing these packages would remove others.',
        hint: 'The lines after "will be REMOVED" name them: put them into `remove`, or install something else.',
      },
      details,
    );
  }
  return archiveFailure(error, {
    doing: 'install packages',
    archives: archivesOf(sources),
    keyring: undefined,
  });
}

function unknown(name: string, known: readonly string[]): Diagnostic {
  const near = nearest(name.replace(/[:=/].*$/, ''), known);
  return {
    what: `The archive has no package ${name}.`,
    hint:
      near.length > 0
        ? `Did you mean ${near.join(', ')}?`
        : 'It may be in another component: see `components` of the `debootstrap` step.',
  };
}
