/** Indexes and what was worked out of them that no resolution has looked at for long: all of it can be fetched again. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../store.js';

/** Milliseconds. Who uses something touches it. */
const IDLE_MS = 30 * 24 * 3600 * 1000;

/** Absolute paths of what lies in the folders of each kind, `resolve/KIND/NAME`. */
export async function idleIndexes(store: Store): Promise<string[]> {
  const limit = Date.now() - IDLE_MS;
  const kinds = (await readdir(store.resolve)).sort().map((kind) => join(store.resolve, kind));
  const paths = await Promise.all(
    kinds.map(async (kind) => (await namesIn(kind)).sort().map((name) => join(kind, name))),
  );
  const idle: string[] = [];
  for (const path of paths.flat()) if (await isIdle(path, limit)) idle.push(path);
  return idle;
}

/** Whether it and all in it are older than that. */
async function isIdle(path: string, limit: number): Promise<boolean> {
  const facts = await lstat(path).catch(() => undefined);
  if (facts === undefined || facts.mtimeMs >= limit) return false;
  if (!facts.isDirectory()) return true;
  for (const name of await namesIn(path)) if (!(await isIdle(join(path, name), limit))) return false;
  return true;
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
