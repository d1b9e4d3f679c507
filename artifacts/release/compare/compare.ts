/** Whether two builds gave the same bytes, and where they did not. */
import type { Ports } from '../../../base/ports.js';
import type { Release } from '../release.js';
import { compareFile } from './bits-artifact.js';
import { compareImages } from './bits-disk.js';
import { compareManifests } from './bits-manifest.js';
import { pair } from './change.js';
import type { Difference } from './difference.js';

/**
 * Compares two releases bit for bit: the manifests' values, then each file whose digest differs.
 * @returns nothing when the digests agree, since they cover every byte
 * @throws Failure of kind `integrity` when a file is missing, `tool`, `host`, `interrupted`
 */
export async function compareReleases(a: Release, b: Release, ports: Ports): Promise<Difference[]> {
  if (a.digest === b.digest) return [];
  const differences: Difference[] = [];
  const files = pair(a.manifest.artifacts, b.manifest.artifacts, ({ path }) => path);
  for (const { key: file, old, now } of files) {
    if (old?.digest === now?.digest) continue;
    if (old === undefined || now === undefined) {
      const of = (each: typeof old) => (each === undefined ? 'no such file' : `${each.bytes} bytes`);
      const role = (old ?? now)?.role;
      differences.push({ file, ...(role && { role }), expected: of(old), found: of(now) });
      continue;
    }
    const { role } = now;
    const found =
      role === 'lun-image' ? await compareImages(a, b, ports) : [await compareFile(a, b, now, ports)];
    const list = found.flatMap((each) => (each === undefined ? [] : [{ ...each, file, role }]));
    const wrong = { file, role, part: 'its digest in the manifest', expected: old.digest, found: now.digest };
    differences.push(...(list.length === 0 ? [wrong] : list));
  }
  return [...differences, ...compareManifests(a.manifest, b.manifest)];
}
