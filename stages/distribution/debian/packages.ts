/** Packages by apt: resolved against the archives of the bootstrap, installed from the pool. */
import type { PackageManager } from '../topics.js';
import { aptEnvironment, holdArgv } from './apt/argv.js';
import { installPooled } from './apt/install.js';
import { warnOfOtherSources } from './apt/other-sources.js';
import { resolveRequest } from './apt/resolve.js';
import { knownPackages } from './apt/solve.js';
import { namesOf, worldBefore } from './apt/world.js';

export const packages: PackageManager = {
  // Policy 5.6.1.
  names: { pattern: /^[a-z0-9][a-z0-9+.-]+$/, expected: 'a Debian package name, such as ca-certificates' },
  recommendations: true,
  requests: {
    pattern: /^[a-z0-9][a-z0-9+.-]+(:[a-z0-9]+)?([=/][A-Za-z0-9.+:~-]+)?$/,
    expected: 'a Debian package name, such as ca-certificates, or NAME=VERSION, or NAME/SUITE',
  },
  resolve: resolveRequest,
  async offers(ctx, name) {
    const world = worldBefore(ctx.before);
    return !namesOf(world).includes(name) && (await knownPackages(ctx, world)).includes(name);
  },
  async install(ctx, request) {
    if (request.install.length > 0) await warnOfOtherSources(ctx);
    await installPooled(ctx, request);
  },
  async hold(ctx, names) {
    await ctx.chroot(holdArgv(names), { doing: 'hold packages', env: aptEnvironment(ctx.epoch) });
  },
};
