/** Removal of trees that other programs wrote. */
import { lstat, rm } from 'node:fs/promises';
import { createPorts } from './command.js';

/**
 * Removes a file or a tree; one that is not there is no error. rm(1) goes down by file descriptors and takes names as bytes:
 * paths longer than PATH_MAX and names that are not UTF-8 stop Node’s own rm().
 *
 * An abort does not end it: it is what cleans up after one.
 * @param path absolute
 * @throws Failure of kind `tool` when something of it cannot be removed
 */
export async function removeTree(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) return rm(path, { force: true });
  const { run } = createPorts({ emit: () => undefined, signal: new AbortController().signal });
  await run(['rm', '--recursive', '--force', '--', path], { doing: `remove ${path}`, quiet: true });
}
