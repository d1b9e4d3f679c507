/**
 * The order of kernels' releases (`uname -r`), as linux-version(1) of Debian has it: numbers compare as numbers, other parts by bytes,
 * which puts `6.1.0-9-amd64` before `6.1.0-10-amd64` and that before `6.12.5+bpo-amd64`; a release candidate comes before its release.
 */

/** @returns below 0 where `a` comes first, above 0 where `b` does */
export function compareReleases(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const order = compareParts(left[index], right[index]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers, and what lies between them, which a hyphen begins anew. */
function partsOf(release: string): string[] {
  return release.match(/\d+|-?[^-\d]+|-/g) ?? [];
}

function compareParts(a: string | undefined, b: string | undefined): number {
  const early = (part: string | undefined) => (part === '-rc' || part === '-trunk' ? 0 : 1);
  // Before an end, too.
  if (early(a) !== early(b)) return early(a) - early(b);
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  const numbers = /^\d/.test(a) && /^\d/.test(b);
  if (numbers) return Number(a) - Number(b);
  return a < b ? -1 : 1;
}
