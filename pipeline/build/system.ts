/** Which system a root tree holds, for the manifest. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Under this key every output step records `${ID} ${VERSION_ID}` of the root. */
export const SYSTEM = 'system';

/** `${ID} ${VERSION_ID}` of a root tree's os-release(5). */
export async function readSystem(rootfs: string): Promise<string> {
  const text = await readFile(join(rootfs, 'usr', 'lib', 'os-release'), 'utf8').catch(() => '');
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(text)?.[1];
  return [field('ID') ?? 'unknown', field('VERSION_ID')].filter((each) => each !== undefined).join(' ');
}
