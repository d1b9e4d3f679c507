/** Times of the build: no two builds would agree on them, so they become the epoch of the release. */
import type { Stats } from 'node:fs';
import { lstat, lutimes, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Key under which the bootstrap notes when it began: seconds since 1970. */
export const BUILD_STARTED = 'build-started';

/** Directories at once: enough to keep the kernel busy, few enough for the file table. */
const WIDTH = 16;

/**
 * Sets the times of what was last changed at or after `since` to the epoch, if they are later than that. Files that
 * packages brought keep the times that they have in the package: they are the same in every build, and to set them would
 * copy nearly the whole tree into the layer. @returns how many were set
 * @param since when the build began, seconds since 1970
 * @param epoch seconds since 1970
 */
export async function clampTimes(root: string, since: number, epoch: number): Promise<number> {
  const limit = Math.max(since, epoch) * 1000;
  const queue = [root];
  let clamped = 0;
  const clamp = async (path: string, facts: Stats) => {
    if (facts.mtimeMs < limit) return;
    await lutimes(path, epoch, epoch);
    clamped += 1;
  };
  const visit = async (folder: string) => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) queue.push(path);
      else await clamp(path, await lstat(path));
    }
    await clamp(folder, await lstat(folder));
  };
  while (queue.length > 0) await Promise.all(queue.splice(0, WIDTH).map(visit));
  return clamped;
}
