/** Makes directories of a tree look empty while a file system is filled from it. */
import { chmod, lchown, lstat, mkdir, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from '../../base/ports.js';

/**
 * Binds an empty directory over each of `paths` (relative to `tree`) that is a directory and not empty already; mode, owner
 * and modification time are those of the hidden one. The mounts live in the build's own mount namespace.
 */
export async function hideContent(
  ports: Pick<Ports, 'run' | 'signal'>,
  tree: string,
  paths: readonly string[],
  scratch: string,
): Promise<AsyncDisposable> {
  const mounted: string[] = [];
  const release = async () => {
    // After an abort no tool runs any more, and the namespace takes its mounts along.
    if (mounted.length === 0 || ports.signal.aborted) return;
    await ports.run(['umount', ...mounted.reverse()], {
      doing: 'show the directories of the root tree again',
      quiet: true,
    });
  };
  try {
    for (const path of paths) {
      const target = join(tree, path);
      const found = await lstat(target).catch(() => undefined);
      if (!found?.isDirectory() || (await readdir(target)).length === 0) continue;
      const empty = join(scratch, `hidden-${mounted.length}`);
      await mkdir(empty);
      await lchown(empty, found.uid, found.gid);
      await chmod(empty, found.mode & 0o7777);
      await utimes(empty, found.atimeMs / 1000, found.mtimeMs / 1000);
      await ports.run(['mount', '--bind', empty, target], {
        doing: `hide /${path} of the root tree`,
        quiet: true,
      });
      mounted.push(target);
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { [Symbol.asyncDispose]: release };
}
