/** One transaction of the host's pacman in the root tree, with the packages of the pool and without the network. */
import { copyFile, link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Failure } from '../../../../base/failure.js';
import type { Argv } from '../../../../base/ports.js';
import type { PooledPackage, StageContext } from '../../../../pipeline/stage.js';
import { rootTree } from '../../../rootfs/tree.js';
import { assertInstalled } from '../../expected.js';
import type { PackageRequest } from '../../topics.js';
import { pacmanArgv, pacmanConfig } from './config.js';
import { targetOf } from './desc.js';
import { installFailure } from './install-failure.js';
import { installedPackages, recordPackages, settleInstallDates } from './local.js';

/** GnuPG's folder while the tree is made; `seal` removes it, since it holds a key of its own. */
export const TREE_KEYS = '/etc/pacman.d/gnupg';

/** Hooks of packages that would generate an initramfs: it is generated once, by its own step. */
const WAITING_HOOKS = [
  ...['60-mkinitcpio-remove.hook', '90-mkinitcpio-install.hook'],
  ...['60-dracut-remove.hook', '90-dracut-install.hook', '90-booster.hook'],
];

/**
 * What programs of packages find of a running system; none of it stays in the tree. /proc can only be mounted as read-only as
 * it is where the tool runs. The second argument is the folder in which the command runs.
 */
const WORLD =
  'mount --rbind /dev "$1/dev" && mount -t proc -o ro proc "$1/proc" && mount -t tmpfs -o mode=755 tmpfs "$1/run" && ' +
  'mount -t tmpfs -o mode=1777 tmpfs "$1/tmp" && cd "$2" && shift 2 && exec "$@"';
/** Followed by all packages of that folder, whose signatures end in `.sig`. */
const WORLD_AND_PACKAGES = `${WORLD} ./*.pkg.tar.*[!g]`;

type Context = StageContext<unknown>;

/**
 * Installs exactly the step's packages and records what is there then.
 * @throws Failure of kind `signature`, `integrity` when something else came, `tool` for a package that fails to install
 */
export async function installPooled(
  ctx: Context,
  request: Pick<PackageRequest, 'install' | 'remove'>,
): Promise<void> {
  const tree = rootTree(ctx.rootfs);
  const before = await installedPackages(tree);
  for (const path of ['/dev', '/proc', '/run', '/tmp', '/var/lib/pacman']) await tree.directory(path);
  const work = join(ctx.scratch, 'pacman');
  const config = await configure(ctx, work);
  const folder = join(work, 'packages');
  const pacman = async (doing: string, operation: readonly string[], script = WORLD) => {
    const argv: Argv = ['sh', '-c', script, 'sh', ctx.rootfs, folder, ...pacmanArgv(config, ...operation)];
    try {
      await ctx.bootstrap(argv, { doing, env: { SOURCE_DATE_EPOCH: String(ctx.epoch) } }, [work]);
    } catch (error) {
      throw installFailure(error);
    }
  };
  if (request.remove.length > 0) await pacman('remove packages', ['--remove', '--', ...request.remove]);
  if (ctx.packages.length > 0) {
    await place(ctx.packages, folder);
    await pacman('install packages', ['--upgrade', '--asdeps', '--'], WORLD_AND_PACKAGES);
  }
  const asked = askedFor(request.install, ctx.packages);
  if (asked.length > 0)
    await pacman('mark packages as asked for', ['--database', '--quiet', '--asexplicit', '--', ...asked]);
  await settleInstallDates(tree, ctx.epoch);
  const removals = request.remove.length > 0;
  assertInstalled({ before, locked: ctx.packages, removals }, await installedPackages(tree));
  await recordPackages(ctx);
}

/** Names that were asked for by themselves, of those that the step installs. */
function askedFor(install: readonly string[], packages: readonly PooledPackage[]): string[] {
  const wanted = new Set(install.map(targetOf));
  return packages.flatMap(({ name }) => (wanted.has(name) ? [name] : []));
}

async function configure(ctx: Context, work: string): Promise<string> {
  const hooks = join(work, 'hooks');
  await mkdir(hooks, { recursive: true });
  await mkdir(join(work, 'packages'));
  for (const name of WAITING_HOOKS) await symlink('/dev/null', join(hooks, name));
  const config = join(work, 'pacman.conf');
  const places = {
    root: ctx.rootfs,
    database: join(ctx.rootfs, 'var/lib/pacman'),
    keys: join(ctx.rootfs, TREE_KEYS),
    work: '/tmp',
  };
  await writeFile(config, pacmanConfig({ ...places, hooks, repositories: [] }));
  return config;
}

/** As a mirror has them: the file by its own name, its signature beside it. */
async function place(packages: readonly PooledPackage[], folder: string): Promise<void> {
  await Promise.all(
    packages.map(async (each) => {
      // Of a lock it may be any path below the mirror.
      const file = join(folder, basename(each.path));
      await link(each.file, file).catch(() => copyFile(each.file, file));
      const signature = each.index?.['signature'];
      if (signature === undefined) {
        throw new Failure('signature', {
          what: `The lock has no signature of ${each.name}.`,
          hint: 'Run `npx lunsmith lock RECIPE --update`.',
        });
      }
      await writeFile(`${file}.sig`, Buffer.from(signature, 'base64'));
    }),
  );
}
