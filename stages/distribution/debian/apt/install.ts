/** One apt transaction in the root tree, with the packages of the pool and without the network. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../../../base/failure.js';
import type { ChrootOptions, StageContext } from '../../../../pipeline/stage.js';
import { rootTree } from '../../../rootfs/tree.js';
import { assertInstalled, missing } from '../../expected.js';
import { installedPackages, recordPackages } from '../dpkg.js';
import {
  aptEnvironment,
  autoArgv,
  installArgv,
  OFFLINE_ARCHIVE,
  OFFLINE_LISTS,
  OFFLINE_SOURCES,
  updateArgv,
} from './argv.js';
import { type Repository, repositorySource, writeRepository } from './repository.js';
import { followApt } from './run.js';
import { unknownPackages } from './unknown-packages.js';

export interface Transaction {
  readonly install: readonly string[];
  readonly remove: readonly string[];
  readonly recommends: boolean;
}

/** Name of the suite in an archive that one step makes for itself. */
const SUITE = 'locked';

type Context = StageContext<unknown>;

/** An archive of the step's packages, with the sources.list(5) by which a chroot uses it. */
export async function openPackages(ctx: Context, suite: string): Promise<Repository> {
  const folder = join(ctx.scratch, 'packages');
  await mkdir(folder, { recursive: true });
  const { architecture } = ctx.recipe;
  const archive = await writeRepository(ctx.packages, { folder, suite, architecture }, ctx);
  await writeFile(join(folder, OFFLINE_SOURCES), `${repositorySource('file', OFFLINE_ARCHIVE, suite)}\n`);
  return archive;
}

/**
 * Installs exactly the step's packages and records what is there then.
 * @throws Failure of kind `integrity` when something else came, `tool` for a package that fails to install
 */
export async function installPooled(ctx: Context, wanted: Transaction): Promise<void> {
  const tree = rootTree(ctx.rootfs);
  const before = await installedPackages(tree);
  const archive = await openPackages(ctx, SUITE);
  await readLists(ctx, archive);
  await install(ctx, archive, { ...wanted, install: wanted.install.map(withoutSuite) });
  await installMissing(ctx, archive);
  const removals = wanted.remove.length > 0;
  assertInstalled({ before, locked: ctx.packages, removals }, await installedPackages(tree));
  await recordPackages(ctx);
}

/**
 * The apt that installs may be content with fewer alternatives than the one that resolved the request: what it left out comes
 * now, marked as it would have been.
 */
export async function installMissing(ctx: Context, archive: Repository): Promise<void> {
  const absent = missing(ctx.packages, await installedPackages(rootTree(ctx.rootfs)));
  if (absent.length === 0) return;
  await readLists(ctx, archive);
  const names = absent.map(({ name, version }) => `${name}=${version}`);
  await install(ctx, archive, { install: names, remove: [], recommends: false });
  await ctx.chroot(autoArgv(absent.map(({ name }) => name)), {
    ...apt(ctx, archive, 'mark packages as installed automatically'),
    quiet: true,
  });
}

/** In the chroot's own /run, so that no list is left in the root tree. */
async function readLists(ctx: Context, archive: Repository): Promise<void> {
  const options = { ...apt(ctx, archive, 'read the packages of this step'), quiet: true };
  await ctx.chroot(['mkdir', '-p', `${OFFLINE_LISTS}/partial`], options);
  await ctx.chroot(updateArgv(), options);
}

function apt(ctx: Context, archive: Repository, doing: string): ChrootOptions {
  return { doing, env: aptEnvironment(ctx.epoch), folders: { packages: archive.folder } };
}

async function install(ctx: Context, archive: Repository, wanted: Transaction): Promise<void> {
  const argv = installArgv(wanted.install, wanted.remove, { recommends: wanted.recommends });
  try {
    await ctx.chroot(argv, { ...apt(ctx, archive, 'install packages'), onLine: followApt(ctx) });
  } catch (error) {
    throw notLocked(error);
  }
}

/** The one archive has no suites: which one a package comes from was settled when it was resolved. */
function withoutSuite(request: string): string {
  return request.replace(/\/.*$/, '');
}

/** What the lock does not hold cannot be found. */
function notLocked(error: unknown): unknown {
  if (!(error instanceof Failure) || error.kind !== 'tool') return error;
  const [first] = unknownPackages(error.command?.lastLines ?? []);
  if (first === undefined) return error;
  return new Failure(
    'integrity',
    {
      what: `The lock does not hold the package ${first}.`,
      hint: 'Run `npx lunsmith lock RECIPE`. Packages of apt sources that a step adds to the root tree are not resolved.',
    },
    { cause: error, ...(error.command === undefined ? {} : { command: error.command }) },
  );
}
