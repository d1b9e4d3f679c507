/** Small things of a store that are not needed any more: locks, uses, pointers and half-written records. */
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from '../../base/ports.js';
import { HALF_WRITTEN } from '../../base/replace-file.js';
import { freeLocks } from './free-locks.js';
import type { GcRoots } from './gc-roots.js';
import type { Store } from './store.js';

/** Milliseconds after which what was begun and not ended is taken to be given up. */
export const GIVEN_UP_MS = 24 * 3600 * 1000;

export interface EntryLocks {
  /** Keys whose locks are held though no running build names them. */
  readonly held: ReadonlySet<string>;
  /** Absolute paths of lock files that no process can be about to take. */
  readonly stale: readonly string[];
}

/**
 * A build that takes the lock of a key has noted before that it needs it. So while the removal lock is held, a key that no running
 * build names has a lock that may be removed; any other may be taken at this moment, and must keep its file.
 */
export async function readEntryLocks(store: Store, { builds }: GcRoots, ports: Ports): Promise<EntryLocks> {
  const folder = join(store.path, 'locks');
  const names = (await readdir(folder)).filter((name) => /^[0-9a-f]{64}$/.test(name)).sort();
  const unnamed = names.filter((name) => !builds.some(({ keys }) => keys.has(name)));
  const free = await freeLocks(
    unnamed.map((name) => join(folder, name)),
    ports,
  );
  const isFree = (name: string) => free.has(join(folder, name));
  return { held: new Set(unnamed.filter((name) => !isFree(name))), stale: [...free] };
}

/** Removes what says something of builds and releases that are gone. The removal lock is held. */
export async function forget(store: Store, roots: GcRoots, locks: EntryLocks): Promise<void> {
  const records = roots.gone.map((key) => join(store.path, 'releases', `${key}.json`));
  for (const path of [...roots.ended, ...locks.stale, ...records]) await rm(path, { force: true });
  await forgetHalfWritten(store);
}

/** Removes pointers to entries that are not there any more. */
export async function forgetPointers(store: Store): Promise<void> {
  for (const path of await pointersOf(store)) {
    const key = await readFile(path, 'utf8').catch(() => '');
    if (/^[0-9a-f]{64}$/.test(key) && (await store.find(key)) === undefined) await rm(path, { force: true });
  }
}

async function pointersOf(store: Store): Promise<string[]> {
  const home = join(store.path, 'last');
  const recipes = await readdir(home);
  const steps = recipes.map(async (recipe) =>
    (await readdir(join(home, recipe))).map((step) => join(home, recipe, step)),
  );
  const roots = join(store.path, 'roots');
  const byRoot = (await readdir(roots)).map((name) => join(roots, name));
  return [...(await Promise.all(steps)).flat(), ...byRoot].sort();
}

async function forgetHalfWritten(store: Store): Promise<void> {
  const releases = join(store.path, 'releases');
  const paths = [
    ...(await readdir(store.path)).map((name) => join(store.path, name)),
    ...(await readdir(releases)).map((name) => join(releases, name)),
    ...(await pointersOf(store)),
  ];
  for (const path of paths.filter((each) => HALF_WRITTEN.test(each))) {
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > GIVEN_UP_MS) await rm(path, { force: true });
  }
}
