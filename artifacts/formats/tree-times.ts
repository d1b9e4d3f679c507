/** Times of the build: no two builds would agree on them, so they become the epoch of the release. */
import { Failure } from '../../base/failure.js';
import type { Argv, Ports } from '../../base/ports.js';

/**
 * Sets the times of what was last changed at or after `since` to the epoch, if they are later than that. Files that
 * packages brought keep the times that they have in the package, which are the same in every build.
 *
 * To be done to the folder of a layer when it is finished and no longer mounted: through overlayfs each entry of another
 * layer would be copied up first, which changes the time of the directory above it.
 * @param since when the work on the tree began, whole seconds since 1970
 * @param epoch seconds since 1970
 * @throws Failure of kind `tool` when the tree cannot be read or changed
 */
export async function clampTimes(
  run: Ports['run'],
  root: string,
  since: number,
  epoch: number,
): Promise<void> {
  // find(1) knows `newer`, not `as new as`. Directories come after what is in them.
  const find = ['find', '.', '-depth', '-newermt', `@${Math.max(since, epoch) - 1}.999999999`] as const;
  const touch = ['touch', '--no-dereference', `--date=@${epoch}`, '--', '{}', '+'] as const;
  const byPath: Argv = [...find, '-exec', ...touch];
  const options = { doing: 'set the times of a layer', quiet: true, cwd: root } as const;
  await run(byPath, options).catch(async (error: unknown) => {
    if (Failure.from(error).kind !== 'tool') throw error;
    // Paths longer than PATH_MAX: by one call in each directory, which takes a second for 1,000 of them.
    await run([...find, '-execdir', ...touch], options);
  });
}
