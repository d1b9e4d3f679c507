/** Packages by pacman: resolved against the databases of the bootstrap, installed from the pool. */
import type { ResolveContext } from '../../../pipeline/stage.js';
import { rootTree } from '../../rootfs/tree.js';
import type { PackageManager } from '../topics.js';
import { readDatabases } from './pacman/databases.js';
import { holdPackages } from './pacman/hold.js';
import { installPooled } from './pacman/install.js';
import { NAMES, REQUESTS } from './pacman/names.js';
import { resolveRequest } from './pacman/resolve.js';
import { worldBefore } from './pacman/world.js';

export const packages: PackageManager = {
  names: NAMES,
  requests: REQUESTS,
  recommendations: false,
  resolve: (ctx, { install, remove }) => resolveRequest(ctx, { install, remove, option: 'install' }),
  async offers(ctx: ResolveContext<unknown>, name) {
    const world = worldBefore(ctx.before);
    if (world.installed.includes(name)) return false;
    return (await readDatabases(ctx, world.databases)).some((each) => each.name === name);
  },
  async install(ctx, request) {
    await installPooled(ctx, request);
  },
  hold: (ctx, names) => holdPackages(rootTree(ctx.rootfs), names),
};
