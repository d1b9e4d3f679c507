/** Which release on a target host a user means. */

import { Failure } from '../../base/failure.js';
import type { TargetHost } from '../../hosts/host/host.js';
import { listReleases, readReleaseThere } from '../../hosts/publish/releases-there.js';

export interface ReleaseOnHost {
  readonly digest: string;
  readonly recipe: string;
}

/** All releases on the host, the one that came last first. */
export async function releasesOnHost(host: TargetHost): Promise<ReleaseOnHost[]> {
  const found: ReleaseOnHost[] = [];
  for (const digest of await listReleases(host)) {
    const release = await readReleaseThere(host, digest);
    if (release !== undefined) found.push({ digest, recipe: release.manifest.recipe.name });
  }
  return found;
}

/**
 * The digest of `RECIPE`, `RECIPE@DIGEST` or `DIGEST`, where first digits of a digest are enough. A recipe alone means its
 * release that was published last.
 * @throws Failure of kind `usage` when there is none, or several begin with these digits
 */
export async function releaseOnHost(host: TargetHost, name: string): Promise<string> {
  return chooseRelease(await releasesOnHost(host), name, host.facts.name);
}

/** Pure: the choice among releases, newest first. */
export function chooseRelease(all: readonly ReleaseOnHost[], name: string, host: string): string {
  const [first, second] = name.split('@') as [string, string | undefined];
  const digits = second ?? (/^[0-9a-f]{8,64}$/.test(first) ? first : undefined);
  const recipe = second === undefined && digits !== undefined ? undefined : first;
  const ofRecipe = all.filter((each) => recipe === undefined || each.recipe === recipe);
  const found = ofRecipe.filter(({ digest }) => digits === undefined || digest.startsWith(digits));
  const [newest, other] = found;
  if (newest === undefined) {
    const list = all.map((each) => `${each.recipe}@${each.digest.slice(0, 12)}`);
    throw new Failure('usage', {
      what: `The release ${name} is not on ${host}.`,
      expected: list.length === 0 ? 'a release that was published there' : `one of ${list.join(', ')}`,
      hint: `Publish it: npx lunsmith publish RELEASE --to ${host}`,
    });
  }
  if (digits !== undefined && other !== undefined) {
    throw new Failure('usage', {
      what: `Several releases on ${host} begin with ${digits}.`,
      found: found.map(({ digest }) => digest).join(', '),
      hint: 'Give more digits.',
    });
  }
  return newest.digest;
}
