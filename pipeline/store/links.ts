/** Which files of outputs have hard links: in other entries, which share them, and in releases. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from './store.js';
import { contentFolder } from './tree-digest.js';

/** A file of an output; the same one under whatever name. */
export interface LinkedFile {
  /** Of its inode, in this store. */
  readonly id: string;
  /** What it allocates on the disk. */
  readonly bytes: number;
  /** How many of its hard links are in this entry. */
  readonly names: number;
  /** How many it has anywhere. */
  readonly links: number;
}

/** stat(2): st_blocks counts units of 512 bytes whatever the file system's block size. */
export const BLOCK = 512;

/** @param entry folder of an entry, which may disappear meanwhile. Layers share nothing: of those there are none */
export async function outputFiles(entry: string): Promise<LinkedFile[]> {
  const folder = contentFolder(entry, 'output');
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  const facts = await Promise.all(paths.map((path) => lstat(path).catch(() => undefined)));
  const files = new Map<string, LinkedFile>();
  for (const file of facts) {
    if (file === undefined) continue;
    const id = `${file.dev}:${file.ino}`;
    const names = (files.get(id)?.names ?? 0) + 1;
    files.set(id, { id, bytes: file.blocks * BLOCK, names, links: file.nlink });
  }
  return [...files.values()];
}

/**
 * Entries that share a file with this one, which is damaged, are no longer taken to be sound because they were looked at
 * before.
 */
export async function doubtSharers(store: Store, key: string): Promise<void> {
  const own = (await outputFiles(store.entry(key))).filter(({ links, names }) => links > names);
  if (own.length === 0) return;
  const ids = new Set(own.map(({ id }) => id));
  for (const other of await store.keys()) {
    if (other === key) continue;
    const files = await outputFiles(store.entry(other));
    if (files.some(({ id }) => ids.has(id))) await store.doubt(other);
  }
}
