/** Times of the build: no two builds would agree on them, so they become the epoch of the release. */
import { lstat, lutimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Ports } from '../../base/ports.js';
import { treeEntries } from './tree-entries.js';

/** Paths at once: enough to keep the kernel busy, few enough for the file table. */
const WIDTH = 64;

interface Entry {
  /** Relative to the tree. */
  readonly path: string;
  /** Seconds since 1970: what it had. */
  readonly mtime: number;
}

/**
 * Sets the times of what was last changed at or after `since` to the epoch, if they are later than that. Files that
 * packages brought keep the times that they have in the package, which are the same in every build.
 *
 * Best done to the folder of each layer when it is finished: through overlayfs each entry of another layer has to be
 * copied up first, for a Debian of 17,000 entries 2,700 of them with 60 MB, which take 50 times as long.
 * @returns how many were set to the epoch
 * @param since when the work on the tree began, whole seconds since 1970
 * @param epoch seconds since 1970
 */
export async function clampTimes(
  run: Ports['run'],
  root: string,
  since: number,
  epoch: number,
): Promise<number> {
  const limit = Math.max(since, epoch);
  const levels = await touchedLevels(run, root, limit);
  let late = 0;
  // From below: to set a time copies the entry into the layer, which touches the directory above. overlayfs puts that
  // directory's time back, but not for two copies at once, so the directories that were early get theirs again.
  for (const level of levels.reverse()) {
    await inBatches(level, async ({ path, mtime }) => {
      if (mtime >= limit) late += 1;
      const time = mtime >= limit ? epoch : mtime;
      await lutimes(join(root, path), time, time);
    });
  }
  return late;
}

/** By depth below the root: what was changed at `limit` (seconds) or later, and the directories above that. */
async function touchedLevels(run: Ports['run'], root: string, limit: number): Promise<Entry[][]> {
  // find knows `newer`, not `as new as`.
  const tests = ['-newermt', `@${limit - 1}.999999999`];
  const entries = await treeEntries(run, root, { fields: ['T@', 'P'], tests });
  const touched = new Map(entries.map((entry) => [entry.P, Number(entry['T@'])]));
  const early = new Set<string>();
  for (const path of touched.keys()) {
    for (let above = path; above !== ''; ) {
      above = folderOf(above);
      if (touched.has(above) || early.has(above)) break;
      early.add(above);
    }
  }
  await inBatches([...early], async (path) => {
    touched.set(path, (await lstat(join(root, path))).mtimeMs / 1000);
  });
  const levels: Entry[][] = [];
  for (const [path, mtime] of touched) (levels[depthOf(path)] ??= []).push({ path, mtime });
  // No level is left out, since the directories above each entry are among them.
  return levels;
}

function folderOf(path: string): string {
  const folder = dirname(path);
  return folder === '.' ? '' : folder;
}

function depthOf(path: string): number {
  return path === '' ? 0 : path.split('/').length;
}

async function inBatches<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let first = 0; first < items.length; first += WIDTH) {
    await Promise.all(items.slice(first, first + WIDTH).map(work));
  }
}
