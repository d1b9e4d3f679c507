/** Which distribution a root tree holds, for the manifest. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../artifacts/release/manifest.js';

/** Under this key every output step records what its root tells of its distribution. */
export const DISTRIBUTION = 'distribution';

/** `ID` and `VERSION_ID` of a root tree's os-release(5); undefined in a tree without one. */
export async function readDistribution(rootfs: string): Promise<Manifest['distribution']> {
  const text = await readFile(join(rootfs, 'usr', 'lib', 'os-release'), 'utf8').catch(() => '');
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(text)?.[1];
  const [id, version] = [field('ID'), field('VERSION_ID')];
  return id === undefined ? undefined : { id, ...(version === undefined ? {} : { version }) };
}
