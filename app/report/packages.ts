/** The packages of a release as the package manager's records in its image tell of them. */
import { isReadable } from '../../artifacts/formats/file-tree/read.js';
import { openImage } from '../../artifacts/release/contents/image.js';
import type { Release } from '../../artifacts/release/release.js';
import { distributions } from '../../stages/distribution/index.js';
import type { PackageFacts } from '../../stages/distribution/topics.js';

/** Undefined where the image has no root that can be read, or one of a distribution that is not known. */
export async function packagesOf(
  release: Release,
  signal: AbortSignal,
): Promise<readonly PackageFacts[] | undefined> {
  const { manifest } = release;
  const inventory = distributions.get(manifest.distribution?.id ?? '')?.inventory;
  const hasRoot = manifest.disk.partitions.some(
    ({ mount, filesystem }) => mount === '/' && isReadable(filesystem),
  );
  if (inventory === undefined || !hasRoot) return undefined;
  await using contents = await openImage(release);
  const records = new Map<string, string>();
  for (const { path, content } of contents.entries.values()) {
    if (content === undefined || !inventory.isRecord(path)) continue;
    signal.throwIfAborted();
    const pieces: Uint8Array[] = [];
    for await (const bytes of content()) pieces.push(bytes);
    records.set(path, Buffer.concat(pieces).toString('utf8'));
  }
  const packages = inventory.packages(records);
  return packages.length === 0 ? undefined : packages;
}
