/** What a request for packages comes to, on top of what the steps before brought. */
import type { Resolution, ResolveContext } from '../../../../pipeline/stage.js';
import type { Asked } from './refusal.js';
import { withSignatures } from './signatures.js';
import { resolveWorld } from './solve.js';
import { type PacmanWorld, worldBefore } from './world.js';

/** @throws Failure of kind `recipe` for what no repository has, or packages that exclude each other */
export async function resolveRequest(
  ctx: ResolveContext<unknown>,
  asked: Asked,
  world: PacmanWorld = worldBefore(ctx.before),
): Promise<Resolution> {
  if (asked.install.length + asked.remove.length === 0) return { packages: [], indexes: [], carry: world };
  const resolution = await resolveWorld(ctx, world, asked);
  return { ...resolution, packages: await withSignatures(resolution.packages, world.repositories, ctx) };
}
