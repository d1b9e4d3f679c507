/** Candidates for removal, what is in use, and what is left over: the facts that a garbage collection follows from. */

import type { Ports } from '../../../base/ports.js';
import { type GcRoots, heldBy, readGcRoots } from '../gc-roots.js';
import { type EntryLocks, GIVEN_UP_MS, readEntryLocks } from '../leftovers.js';
import type { Store } from '../store.js';
import { type SurveyedEntry, type SurveyedPackage, surveyStore } from '../survey.js';
import { type Candidate, type Choice, chooseGarbage, lastUses } from './eviction.js';
import { idleIndexes } from './idle.js';
import type { GarbageRequest } from './request.js';

export type EntryCandidate = Candidate & { readonly entry: SurveyedEntry };
export type PackageCandidate = Candidate & { readonly package: SurveyedPackage };

export interface Found {
  readonly roots: GcRoots;
  readonly locks: EntryLocks;
  readonly candidates: readonly (EntryCandidate | PackageCandidate)[];
  readonly choice: Choice<EntryCandidate | PackageCandidate>;
  readonly incomplete: readonly string[];
  /** Absolute paths of indexes that no resolution has looked at for long. */
  readonly idle: readonly string[];
  /** Downloads that were abandoned. */
  readonly stale: readonly SurveyedPackage[];
}

/** Looks at everything. The removal lock is held, shared at least. */
export async function findGarbage(
  store: Store,
  { workspace, budget }: GarbageRequest,
  ports: Ports,
): Promise<Found> {
  const roots = await readGcRoots(store, workspace, ports);
  const locks = await readEntryLocks(store, roots, ports);
  const { entries, incomplete, packages } = await surveyStore(store);
  const isNeeded = (key: string) =>
    locks.held.has(key) || Object.values(heldBy(roots, key)).some(({ length }) => length > 0);
  const isMade = (key: string) => locks.held.has(key) || heldBy(roots, key).builds.length > 0;
  const isFetched = ({ sha256 }: SurveyedPackage) => roots.builds.some((build) => build.packages.has(sha256));
  const isStale = (each: SurveyedPackage) =>
    !each.whole && !isFetched(each) && Date.now() - each.usedAt > GIVEN_UP_MS;
  const uses = lastUses(entries);
  const candidates = [
    ...entries.map((entry): EntryCandidate => {
      const { key } = entry.record;
      const use = uses.get(key) ?? { usedAt: entry.usedAt, rank: 0 };
      const { bytes, shared } = entry;
      return { id: key, entry, bytes, shared, ...use, needed: isNeeded(key) };
    }),
    ...packages
      .filter((each) => !isStale(each))
      .map((each): PackageCandidate => {
        const { bytes, usedAt, whole, sha256 } = each;
        const needed = !whole || isFetched(each);
        return { id: sha256, package: each, bytes, shared: [], usedAt, rank: 0, needed };
      }),
  ];
  const made = incomplete.filter(({ key }) => isMade(key));
  const held = new Set(made.flatMap(({ shared }) => shared.map(({ id }) => id)));
  return {
    roots,
    locks,
    candidates,
    choice: chooseGarbage(candidates, budget, held),
    incomplete: incomplete.map(({ key }) => key).filter((key) => !isMade(key)),
    idle: await idleIndexes(store),
    stale: packages.filter(isStale),
  };
}

export function entriesOf(candidates: readonly (EntryCandidate | PackageCandidate)[]): EntryCandidate[] {
  return candidates.filter((each) => 'entry' in each);
}

export function packagesOf(candidates: readonly (EntryCandidate | PackageCandidate)[]): PackageCandidate[] {
  return candidates.filter((each) => 'package' in each);
}
