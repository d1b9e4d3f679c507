/** What a request for packages comes to, on top of what the steps before brought. */
import type { Resolution, ResolveContext } from '../../../../pipeline/stage.js';
import { reasonsFor } from './reasons.js';
import { type PackageRequest, solve } from './solve.js';
import { type AptWorld, worldAfter, worldBefore } from './world.js';

/** @throws Failure of kind `recipe` for what the archive does not have, or packages that exclude each other */
export async function resolveRequest(
  ctx: ResolveContext<unknown>,
  { install, remove, recommends }: PackageRequest,
): Promise<Resolution> {
  const world = worldBefore(ctx.before);
  if (install.length + remove.length === 0) return unchanged(world);
  const solution = await solve(ctx, world, { install, remove, recommends });
  // The signed indexes are those of the bootstrap, which names them.
  const wanted = new Set(install.map((name) => name.replace(/[:=/].*$/, '')));
  const reasons = reasonsFor(solution, (name) => wanted.has(name), Object.values(world.installed));
  return { packages: solution.packages, indexes: [], reasons, carry: worldAfter(world, solution) };
}

/** Nothing is asked for. */
function unchanged(world: AptWorld): Resolution {
  return { packages: [], indexes: [], carry: world };
}
