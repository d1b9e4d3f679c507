/** Removes what was found to be damaged, so that the next build makes or fetches it again. */

import type { Ports } from '../../base/ports.js';
import { type GcRoots, heldBy, readGcRoots } from './gc-roots.js';
import { takeLease } from './lease.js';
import { type EntryLocks, readEntryLocks } from './leftovers.js';
import { doubtSharers } from './links.js';
import { poolFile } from './pool.js';
import type { Store } from './store.js';
import { surveyStore } from './survey.js';
import { removalLock } from './temporary-roots.js';
import { moveAllToTrash, moveToTrash, removeForGood } from './trash.js';
import type { Damage, VerifyRequest } from './verify-report.js';

/** The damaged with what became of each, and with the releases that share it. */
export async function removeDamaged(
  store: Store,
  damaged: readonly Damage[],
  { workspace, repair }: Pick<VerifyRequest, 'workspace' | 'repair'>,
  ports: Ports,
): Promise<Damage[]> {
  if (damaged.length === 0) return [];
  const doomed: string[] = [];
  const outcomes: Damage[] = [];
  {
    await using _removal = await takeLease(removalLock(store), ports, { shared: !repair });
    const roots = await readGcRoots(store, workspace, ports);
    const locks = await readEntryLocks(store, roots, ports);
    const released = await releasedEntries(store);
    for (const each of damaged) {
      const releases = released.has(each.id) ? heldBy(roots, each.id).releases : [];
      const needed = isNeeded(each, roots, locks);
      if (repair && !needed) doomed.push(...(await setAside(store, each)));
      outcomes.push({ ...each, releases, outcome: repair ? (needed ? 'needed' : 'removed') : 'found' });
    }
  }
  await removeForGood(doomed, ports);
  return outcomes;
}

/** Keys of those that have files which a release has too. */
async function releasedEntries(store: Store): Promise<ReadonlySet<string>> {
  const { entries } = await surveyStore(store);
  return new Set(entries.filter(({ released }) => released.length > 0).map(({ record }) => record.key));
}

/** A release or a kept tree is no better for it if the damaged stays. */
function isNeeded({ what, id }: Damage, roots: GcRoots, locks: EntryLocks): boolean {
  if (what === 'package') return roots.builds.some(({ packages }) => packages.has(id));
  return locks.held.has(id) || heldBy(roots, id).builds.length > 0;
}

async function setAside(store: Store, { what, id, record }: Damage): Promise<string[]> {
  if (what === 'package') {
    const file = poolFile(store.pool, id);
    return moveAllToTrash(store, [file, `${file}.control`]);
  }
  // A build may have found the damage too, and may have made it again.
  if ((await store.find(id))?.made !== record?.made) return [];
  // One that was made since the others were read, or cannot be removed now, is not taken to be sound.
  await doubtSharers(store, id);
  const moved = await moveToTrash(store, store.entry(id));
  return moved === undefined ? [] : [moved];
}
