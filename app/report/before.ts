/** The release before another one of the same recipe: what it is compared with. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Release, readRelease } from '../../artifacts/release/release.js';
import { Failure } from '../../base/failure.js';

/**
 * Among the releases beside this one in its folder the newest that is older. The time is that of the manifest file, which nobody
 * changes; those that cannot be read are passed over.
 */
export async function releaseBefore({ path, digest, manifest }: Release): Promise<Release | undefined> {
  const folder = dirname(path);
  if (basename(folder) !== 'releases') return undefined;
  const own = await timeOf(path);
  const others: { readonly path: string; readonly time: number }[] = [];
  for (const name of await readdir(folder)) {
    if (!/^[0-9a-f]{64}$/.test(name) || name === digest) continue;
    const time = await timeOf(join(folder, name));
    if (own !== undefined && time !== undefined && time < own)
      others.push({ path: join(folder, name), time });
  }
  for (const other of others.sort((a, b) => b.time - a.time)) {
    const release = await readable(other.path);
    if (release?.manifest.recipe.name === manifest.recipe.name) return release;
  }
  return undefined;
}

/** Milliseconds since 1970; undefined where there is no manifest. */
function timeOf(path: string): Promise<number | undefined> {
  return stat(join(path, 'manifest.json')).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

async function readable(path: string): Promise<Release | undefined> {
  try {
    return await readRelease(path);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
