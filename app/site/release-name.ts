/** Which release on a target host a user means. */

import { Failure } from '../../base/failure.js';
import type { TargetHost } from '../../hosts/host/host.js';
import { type ListedRelease, listReleases, readReleaseThere } from '../../hosts/publish/releases-there.js';

export interface ReleaseOnHost extends ListedRelease {
  readonly recipe: string;
}

/** All releases on the host, the one that was published last first. */
export async function releasesOnHost(host: TargetHost): Promise<ReleaseOnHost[]> {
  const found: ReleaseOnHost[] = [];
  for (const listed of await listReleases(host)) {
    const release = await readReleaseThere(host, listed.digest);
    if (release !== undefined) found.push({ ...listed, recipe: release.manifest.recipe.name });
  }
  return found;
}

export interface ChosenRelease {
  readonly digest: string;
  /** Which one was taken and why, in a sentence; undefined where its digest was named. */
  readonly why?: string;
}

/**
 * The release that `RECIPE`, `RECIPE@DIGEST` or `DIGEST` names, where first digits of a digest are enough. A recipe alone means its
 * release that was published last.
 * @throws Failure of kind `usage` when there is none, when several begin with these digits, or when it is not known which came last
 */
export async function releaseOnHost(host: TargetHost, name: string): Promise<ChosenRelease> {
  return chooseRelease(await releasesOnHost(host), name, host.facts.name);
}

/** Pure: the choice among releases, published last first. */
export function chooseRelease(all: readonly ReleaseOnHost[], name: string, host: string): ChosenRelease {
  const [first, second] = name.split('@') as [string, string | undefined];
  const digits = second ?? (/^[0-9a-f]{8,64}$/.test(first) ? first : undefined);
  const recipe = second === undefined && digits !== undefined ? undefined : first;
  const ofRecipe = all.filter((each) => recipe === undefined || each.recipe === recipe);
  const found = ofRecipe.filter(({ digest }) => digits === undefined || digest.startsWith(digits));
  const [newest, other] = found;
  if (newest === undefined) {
    const list = all.map(nameOf);
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
  const taken = `${nameOf(newest)} is taken`;
  if (digits !== undefined) return { digest: newest.digest };
  if (other === undefined)
    return { digest: newest.digest, why: `${taken}: ${host} has no other release of ${newest.recipe}.` };
  if (newest.serial === undefined) {
    throw new Failure('usage', {
      what: `Which release of ${newest.recipe} was published last is not known on ${host}: all came from a version of lunsmith that kept no order.`,
      expected: `one of ${found.map(nameOf).join(', ')}`,
      found: name,
      hint: 'Name one of them, or publish the one that you mean again.',
    });
  }
  const why = `${taken}: of the ${found.length} releases of ${newest.recipe} on ${host} it was published last.`;
  return { digest: newest.digest, why };
}

export function nameOf({ recipe, digest }: ReleaseOnHost): string {
  return `${recipe}@${digest.slice(0, 12)}`;
}
