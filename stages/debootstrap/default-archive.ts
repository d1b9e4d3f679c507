/**
 * The archive that the installed bootstrap tools would use by themselves: it is read where they write it down, so that this
 * project prefers no server over another.
 */
import { readFile } from 'node:fs/promises';

const PLACES: readonly (readonly [path: string, setting: RegExp])[] = [
  ['/usr/bin/mmdebstrap', /^\s*my \$mirror\s*=\s*'(https?:\/\/[^']+)'/m],
  ['/usr/share/debootstrap/scripts/sid', /^\s*default_mirror (https?:\/\/\S+)/m],
];

/** Its address, or undefined when no tool tells. */
export async function defaultArchive(places = PLACES): Promise<string | undefined> {
  for (const [path, setting] of places) {
    const text = await readFile(path, 'utf8').catch(() => '');
    const url = setting.exec(text)?.[1];
    if (url !== undefined) return url;
  }
  return undefined;
}
