import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Paths in an overlayfs upper directory, sorted; a whiteout (character device 0:0) is `-path`. */
export async function listTree(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = await Promise.all(
    entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const name = relative(folder, path);
      return entry.isCharacterDevice() && (await stat(path)).rdev === 0 ? `-${name}` : name;
    }),
  );
  return names.sort();
}
