/** Times of the build: no two builds would agree on them, so they become the epoch of the release. */
import { lstat, lutimes, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Key under which the bootstrap notes when it began: seconds since 1970. */
export const BUILD_STARTED = 'build-started';

/** Paths at once: enough to keep the kernel busy, few enough for the file table. */
const WIDTH = 64;

/**
 * Sets the times of what was last changed at or after `since` to the epoch, if they are later than that. Files that
 * packages brought keep the times that they have in the package: they are the same in every build, and to set them would
 * copy nearly the whole tree into the layer. @returns how many were set
 * @param since when the build began, seconds since 1970
 * @param epoch seconds since 1970
 */
export async function clampTimes(root: string, since: number, epoch: number): Promise<number> {
  const late = await lateEntries(root, Math.max(since, epoch) * 1000);
  // To set a time copies the entry into the layer, which touches the directories above: those come after all below them.
  const depths = [...late.keys()].sort((a, b) => b - a);
  for (const depth of depths) {
    await inBatches(late.get(depth) ?? [], (path) => lutimes(path, epoch, epoch));
  }
  return [...late.values()].flat().length;
}

/** What was changed at `limit` (milliseconds) or later, by depth below the root. */
async function lateEntries(root: string, limit: number): Promise<Map<number, string[]>> {
  const late = new Map<number, string[]>();
  const look = async (path: string, depth: number) => {
    if ((await lstat(path)).mtimeMs < limit) return;
    const found = late.get(depth);
    if (found === undefined) late.set(depth, [path]);
    else found.push(path);
  };
  await look(root, 0);
  let level = [root];
  for (let depth = 1; level.length > 0; depth += 1) {
    const below: string[] = [];
    await inBatches(level, async (folder) => {
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) below.push(path);
        await look(path, depth);
      }
    });
    level = below;
  }
  return late;
}

async function inBatches(paths: readonly string[], work: (path: string) => Promise<void>): Promise<void> {
  for (let first = 0; first < paths.length; first += WIDTH) {
    await Promise.all(paths.slice(first, first + WIDTH).map(work));
  }
}
