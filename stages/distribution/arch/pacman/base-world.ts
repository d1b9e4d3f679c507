/** What the first step of a root resolves against: the databases of its repositories, and nothing installed. */
import type { ResolveContext } from '../../../../pipeline/stage.js';
import type { Repository } from './config.js';
import { packageDatabases } from './databases.js';
import type { Keyring } from './keyring.js';
import { keptKeys } from './keys.js';
import type { PacmanWorld } from './world.js';

/** @throws Failure of kind `network`, `signature` or `integrity` */
export async function fetchWorld(
  ctx: Pick<ResolveContext<unknown>, 'run' | 'state' | 'offline'>,
  repositories: readonly Repository[],
  keyring: Keyring,
): Promise<PacmanWorld> {
  const keys = await keptKeys(ctx.run, keyring, ctx.state);
  const databases = await packageDatabases(ctx, { repositories, keys, keyring: keyring.file });
  return { kind: 'pacman', repositories, databases, keys, installed: [] };
}
