/** What a removal of garbage tells: what went or would go, and who needs what is left. */

import type { Ports } from '../../../base/ports.js';
import { heldBy } from '../gc-roots.js';
import type { StepRecord, Store } from '../store.js';
import { freedBy } from '../trash.js';
import {
  type EntryCandidate,
  entriesOf,
  type Found,
  type PackageCandidate,
  packagesOf,
} from './candidates.js';
import type { GarbageRequest } from './request.js';

/** How many things, and what removing them frees. */
export interface Amount {
  readonly count: number;
  readonly bytes: number;
}

export interface RemovedEntry extends Pick<StepRecord, 'key' | 'kind' | 'recipe' | 'step'> {
  /** What its removal freed, after those before it had gone. */
  readonly bytes: number;
  /** RFC 3339, UTC. */
  readonly used: string;
}

export interface GarbageReport extends Omit<GarbageRequest, 'workspace'> {
  /** Size of entries and package files before and after, in bytes. */
  readonly before: number;
  readonly after: number;
  /** Removed entries in the order in which they went. */
  readonly entries: readonly RemovedEntry[];
  readonly packages: Amount;
  /** Entries whose build was cut short. */
  readonly incomplete: Amount;
  /** Indexes that no resolution looked at for a month, and what was worked out of them. */
  readonly indexes: Amount;
  /** Trees of failed steps that were kept for a week. */
  readonly failed: Amount;
  /** What interrupted removals and downloads left behind. */
  readonly leftovers: Amount;
  /** When what is left is more than the budget: by how much, and who needs it. */
  readonly over?: Over;
}

export interface Over {
  readonly bytes: number;
  /** Absolute paths of releases. */
  readonly releases: readonly string[];
  /** Names of running builds. */
  readonly builds: readonly string[];
  /** Absolute paths of trees of failed steps. */
  readonly failed: readonly string[];
  /** Downloads that may still go on. */
  readonly downloads: number;
}

/** @param trash absolute paths of what lay in the trash and is removed too */
export async function describeGarbage(
  store: Store,
  { budget, dryRun }: GarbageRequest,
  found: Found,
  trash: readonly string[],
  ports: Ports,
): Promise<GarbageReport> {
  const { choice, candidates, roots, incomplete, stale } = found;
  const packages = choice.remove.filter(({ candidate }) => 'package' in candidate);
  const amount = async (paths: readonly string[]): Promise<Amount> => ({
    count: paths.length,
    bytes: await freedBy(paths, ports),
  });
  const gone = new Set<Found['candidates'][number]>(choice.remove.map(({ candidate }) => candidate));
  const left = candidates.filter((each) => each.bytes + each.shared.length > 0 && !gone.has(each));
  return {
    store: store.path,
    budget,
    dryRun,
    before: choice.before,
    after: choice.after,
    entries: choice.remove.flatMap(({ candidate, frees }): RemovedEntry[] => {
      if (!('entry' in candidate)) return [];
      const { key, kind, recipe, step } = candidate.entry.record;
      return [{ key, kind, recipe, step, bytes: frees, used: new Date(candidate.usedAt).toISOString() }];
    }),
    packages: { count: packages.length, bytes: packages.reduce((sum, { frees }) => sum + frees, 0) },
    incomplete: await amount(incomplete.map((key) => store.entry(key))),
    indexes: await amount(found.idle),
    failed: await amount(roots.expired),
    leftovers: await amount([...trash, ...stale.flatMap(({ files }) => files)]),
    ...(choice.after > budget ? { over: whoNeeds(left, found, choice.after - budget) } : {}),
  };
}

function whoNeeds(
  left: readonly (EntryCandidate | PackageCandidate)[],
  { roots, locks }: Found,
  bytes: number,
): Over {
  const needed = entriesOf(left).map(({ id }) => ({ id, ...heldBy(roots, id) }));
  const fetched = packagesOf(left);
  const unique = (names: readonly string[]) => [...new Set(names)].sort();
  return {
    bytes,
    releases: unique(needed.flatMap(({ releases }) => releases)),
    builds: unique([
      ...needed.flatMap(({ builds }) => builds),
      ...needed.filter(({ id }) => locks.held.has(id)).map(({ id }) => `locks/${id}`),
      ...roots.builds
        .filter((build) => fetched.some(({ id }) => build.packages.has(id)))
        .map(({ name }) => name),
    ]),
    failed: unique(needed.flatMap(({ failed }) => failed)),
    downloads: fetched.filter((each) => !each.package.whole).length,
  };
}
