/** The host's apt for one question, with lists that were fetched and a status file that was made up. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LockedPackage, ResolveContext } from '../../../../pipeline/stage.js';
import { removeLeftBehind } from '../../prune.js';
import { aptConfig } from './config.js';
import { fetchedStanzas, type KeptStanza } from './kept-stanzas.js';
import { type AptWorld, statusText } from './world.js';

export interface PrivateApt extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  readonly options: readonly string[];
  /** Packages of an earlier lock that apt may choose again. */
  readonly preferred: readonly KeptStanza[];
}

/** @param prefer packages that are chosen again where apt lets us */
export async function openPrivateApt(
  ctx: Pick<ResolveContext<unknown>, 'state' | 'recipe'>,
  world: AptWorld,
  prefer: readonly LockedPackage[],
): Promise<PrivateApt> {
  await removeLeftBehind(ctx.state, 'apt-');
  const folder = await mkdtemp(join(ctx.state, 'apt-'));
  const at = (name: string) => join(folder, name);
  await mkdir(at('archives/partial'), { recursive: true });
  await writeFile(at('status'), statusText(world));
  const preferred = await fetchedStanzas(ctx.state, prefer);
  const { lists } = world;
  const snapshot = join(ctx.state, lists.folder);
  await writeFile(at('preferences'), `${pins(prefer)}${world.pins ?? ''}`);
  await writeFile(at('Packages'), preferred.map(({ stanza }) => `${stanza}\n\n`).join(''));
  await writeFile(
    at('apt.conf'),
    aptConfig({
      architecture: ctx.recipe.architecture,
      sources: join(snapshot, 'sources.list'),
      lists: join(snapshot, 'lists'),
      status: at('status'),
      work: folder,
      cache: join(snapshot, 'srcpkgcache.bin'),
      preferences: at('preferences'),
    }),
  );
  return {
    env: { APT_CONFIG: at('apt.conf') },
    options: preferred.length === 0 ? [] : [`--with-source=${at('Packages')}`],
    preferred,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** apt_preferences(5) by which versions that were chosen once are chosen again. */
export function pins(preferred: readonly Pick<LockedPackage, 'name' | 'version'>[]): string {
  return preferred
    .map(({ name, version }) => `Package: ${name}\nPin: version ${version}\nPin-Priority: 1001\n\n`)
    .join('');
}
