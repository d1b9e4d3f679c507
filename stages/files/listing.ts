/** What a folder of the recipe holds, parents before children, names in byte order. */
import type { Dirent } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/failure.js';

export type OverlayEntry =
  | { readonly kind: 'directory'; readonly path: string }
  /** `executable`: by its owner; other permission bits depend on the user's umask and are not taken over. */
  | { readonly kind: 'file'; readonly path: string; readonly host: string; readonly executable: boolean }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** Paths begin with `/` and are relative to the folder. @throws Failure of kind `recipe` for device nodes and the like */
export async function listOverlay(folder: string, below = ''): Promise<OverlayEntry[]> {
  const names = (await readdir(join(folder, below), { withFileTypes: true })).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const entries: OverlayEntry[] = [];
  for (const name of names) {
    const path = `${below}/${name.name}`;
    entries.push(await describe(name, join(folder, path), path));
    if (name.isDirectory()) entries.push(...(await listOverlay(folder, path)));
  }
  return entries;
}

async function describe(entry: Dirent, host: string, path: string): Promise<OverlayEntry> {
  if (entry.isDirectory()) return { kind: 'directory', path };
  if (entry.isSymbolicLink()) return { kind: 'link', path, target: await readlink(host) };
  if (entry.isFile())
    return { kind: 'file', path, host, executable: ((await lstat(host)).mode & 0o100) !== 0 };
  throw new Failure('recipe', {
    what: `${host} is neither a file, a directory nor a symlink.`,
    hint: 'Sockets, pipes and device nodes cannot be part of a recipe.',
  });
}
