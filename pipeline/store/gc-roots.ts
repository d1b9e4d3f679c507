/** Garbage collection roots of a store: what running builds, existing releases and kept trees of failed steps need. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { freeLocks } from './free-locks.js';
import type { Store } from './store.js';
import { usesFolder } from './temporary-roots.js';

/** One that needs entries. */
export interface GcRoot {
  /** A build's id, or the absolute path of a release or of a failed step's tree. */
  readonly name: string;
  readonly keys: ReadonlySet<string>;
}

export interface GcRoots {
  readonly builds: readonly (GcRoot & { readonly packages: ReadonlySet<string> })[];
  readonly releases: readonly GcRoot[];
  readonly failed: readonly GcRoot[];
  /** Trees of failed steps that were kept for long enough; they need nothing any more. */
  readonly expired: readonly string[];
  /** Files in which builds that are gone said what they use. */
  readonly ended: readonly string[];
  /** Keys of the records of which no release exists any more, and which no running build is about to write. */
  readonly gone: readonly string[];
}

/** Names of those who need an entry. */
export interface Held {
  readonly builds: readonly string[];
  readonly releases: readonly string[];
  readonly failed: readonly string[];
}

const useSchema = z.object({ keys: z.array(z.string()), packages: z.array(z.string()) });

/**
 * Looks at who holds what. The answer stays true for as long as the caller holds the removal lock, and else for a moment.
 * @throws Failure of kind `integrity` when a running build says what it uses in words that are not ours
 */
export async function readGcRoots(store: Store, workspace: string, ports: Ports): Promise<GcRoots> {
  const { builds, ended } = await readBuilds(store, ports);
  const [releases, failed] = await Promise.all([readReleases(store, builds), readFailed(workspace)]);
  return { builds, ended, ...releases, ...failed };
}

export function heldBy({ builds, releases, failed }: GcRoots, key: string): Held {
  const names = (holders: readonly GcRoot[]) =>
    holders.filter(({ keys }) => keys.has(key)).map(({ name }) => name);
  return { builds: names(builds), releases: names(releases), failed: names(failed) };
}

async function readBuilds(store: Store, ports: Ports): Promise<Pick<GcRoots, 'builds' | 'ended'>> {
  const folder = usesFolder(store);
  const paths = (await readdir(folder)).sort().map((name) => join(folder, name));
  const free = await freeLocks(paths, ports);
  const builds = paths.filter((path) => !free.has(path)).map((path) => readUse(path));
  return {
    builds: (await Promise.all(builds)).filter((build) => build !== undefined),
    ended: paths.filter((path) => free.has(path)),
  };
}

/** Undefined when the build has ended since. */
async function readUse(path: string): Promise<GcRoots['builds'][number] | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const { keys, packages } = useSchema.parse(JSON.parse(text));
    return { name: basename(path), keys: new Set(keys), packages: new Set(packages) };
  } catch (error) {
    throw new Failure(
      'integrity',
      {
        what: 'It is not known what a running build needs of the store.',
        found: `${path}: not as this version of lunsmith writes it`,
        hint: 'Wait until the build has ended.',
      },
      { cause: error },
    );
  }
}

async function readReleases(
  store: Store,
  builds: readonly GcRoot[],
): Promise<Pick<GcRoots, 'releases' | 'gone'>> {
  const names = (await readdir(join(store.path, 'releases'))).sort();
  const releases: GcRoot[] = [];
  const gone: string[] = [];
  for (const name of names) {
    const [, key] = /^([0-9a-f]{64})\.json$/.exec(name) ?? [];
    const record = key === undefined ? undefined : await store.findRelease(key);
    if (key === undefined || record === undefined) continue;
    const keys = new Set(record.steps);
    const there = await Promise.all(record.paths.map(isRelease));
    const existing = record.paths.filter((_, index) => there[index] === true);
    releases.push(...existing.map((path): GcRoot => ({ name: path, keys })));
    // A running build that uses the same steps may be about to add the path of a new release to the record.
    const needed = builds.some((build) => record.steps.some((step) => build.keys.has(step)));
    if (existing.length === 0 && !needed) gone.push(key);
  }
  return { releases, gone };
}

/** Whether there is a release; one that cannot be looked at is taken to exist. */
async function isRelease(path: string): Promise<boolean> {
  return stat(join(path, 'manifest.json')).then(
    () => true,
    (error: unknown) => !['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''),
  );
}

const failedSchema = z.object({ below: z.array(z.string()) });

/** How the name of a tree ends that is being removed, or whose removal was cut short. */
export const REMOVED = '.removed';
/** Milliseconds for which the tree of a failed step is kept. */
const KEPT_MS = 7 * 24 * 3600 * 1000;

/** A shell may be open in the tree of a failed step, which is mounted on the layers below it. */
async function readFailed(workspace: string): Promise<Pick<GcRoots, 'failed' | 'expired'>> {
  const folder = join(workspace, 'failed');
  const names = (await readdir(folder).catch(() => [])).sort();
  const failed: GcRoot[] = [];
  const expired: string[] = [];
  for (const path of names.map((name) => join(folder, name))) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) continue;
    if (path.endsWith(REMOVED) || Date.now() - found.mtimeMs > KEPT_MS) expired.push(path);
    // Layers are named by their trees: `<store>/steps/<key>/tree`.
    else failed.push({ name: path, keys: new Set((await layersBelow(path)).map(keyOfTree)) });
  }
  return { failed, expired };
}

async function layersBelow(path: string): Promise<readonly string[]> {
  const text = await readFile(join(path, 'failed.json'), 'utf8').catch(() => '');
  try {
    return failedSchema.parse(JSON.parse(text)).below;
  } catch {
    // Without it there is no way into the tree.
    return [];
  }
}

function keyOfTree(tree: string): string {
  return basename(dirname(tree));
}
