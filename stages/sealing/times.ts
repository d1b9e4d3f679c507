/** Times of the build: no two builds would agree on them, so they become the epoch of the release. */
import { lstat, lutimes, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Key under which the bootstrap notes when it began: seconds since 1970. */
export const BUILD_STARTED = 'build-started';

/** Paths at once: enough to keep the kernel busy, few enough for the file table. */
const WIDTH = 64;

interface Entry {
  readonly path: string;
  /** Seconds since 1970: what it had. */
  readonly mtime: number;
}

/**
 * Sets the times of what was last changed at or after `since` to the epoch, if they are later than that. Files that
 * packages brought keep the times that they have in the package: they are the same in every build, and to set them would
 * copy nearly the whole tree into the layer. @returns how many were set to the epoch
 * @param since when the build began, seconds since 1970
 * @param epoch seconds since 1970
 */
export async function clampTimes(root: string, since: number, epoch: number): Promise<number> {
  const limit = Math.max(since, epoch);
  const levels = await touchedLevels(root, limit);
  let late = 0;
  // From below: to set a time copies the entry into the layer, which touches the directory above. overlayfs puts that
  // directory's time back, but not for two copies at once, so the directories that were early get theirs again.
  for (const level of levels.reverse()) {
    await inBatches(level, async ({ path, mtime }) => {
      if (mtime >= limit) late += 1;
      const time = mtime >= limit ? epoch : mtime;
      await lutimes(path, time, time);
    });
  }
  return late;
}

/** By depth below the root: what was changed at `limit` (seconds) or later, and the directories above that. */
async function touchedLevels(root: string, limit: number): Promise<Entry[][]> {
  const touched: Map<string, Entry>[] = [];
  const folders = new Map<string, Entry>();
  const touch = (entry: Entry, depth: number) => {
    for (let { path, mtime } = entry, at = depth; at >= 0; at -= 1) {
      const level = (touched[at] ??= new Map<string, Entry>());
      if (level.has(path)) return;
      level.set(path, { path, mtime });
      path = dirname(path);
      mtime = folders.get(path)?.mtime ?? 0;
    }
  };
  const look = async (path: string, depth: number, isFolder: boolean) => {
    const entry = { path, mtime: (await lstat(path)).mtimeMs / 1000 };
    if (isFolder) folders.set(path, entry);
    if (entry.mtime >= limit) touch(entry, depth);
  };
  await look(root, 0, true);
  let level = [root];
  for (let depth = 1; level.length > 0; depth += 1) {
    const below: string[] = [];
    await inBatches(level, async (folder) => {
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) below.push(path);
        await look(path, depth, entry.isDirectory());
      }
    });
    level = below;
  }
  return touched.map((entries) => [...entries.values()]);
}

async function inBatches<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let first = 0; first < items.length; first += WIDTH) {
    await Promise.all(items.slice(first, first + WIDTH).map(work));
  }
}
