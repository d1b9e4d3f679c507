/**
 * How things leave a store: by one rename into its trash, so that whatever happens nobody finds half of them, and only then
 * by the slow way.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Ports } from '../ports.js';
import type { Store } from './store.js';

/** Moves a file or folder of the store into the trash. @returns where it is now; undefined when it was gone */
export async function moveToTrash(store: Store, path: string): Promise<string | undefined> {
  return moveAside(path, join(trashOf(store), `${basename(path)}-${unique()}`));
}

/** Moves several files into one folder of the trash. @returns that folder, if there was anything to move */
export async function moveAllToTrash(store: Store, paths: readonly string[]): Promise<string[]> {
  if (paths.length === 0) return [];
  const folder = join(trashOf(store), `files-${unique()}`);
  await mkdir(folder);
  for (const path of paths) await moveAside(path, join(folder, basename(path)));
  return [folder];
}

/** What lies in the trash: removals under way, and those that were cut short. */
export async function listTrash(store: Store): Promise<string[]> {
  return (await readdir(trashOf(store))).sort().map((name) => join(trashOf(store), name));
}

/** Removes what nobody can find any more. Runs in the sandbox, where files of all mapped users may be removed. */
export async function removeForGood(paths: readonly string[], { run }: Pick<Ports, 'run'>): Promise<void> {
  if (paths.length === 0) return;
  await run(['xargs', '--null', 'rm', '--recursive', '--force', '--'], {
    doing: 'remove what left the store',
    quiet: true,
    input: paths.join('\0'),
  });
}

/** What folders and files occupy on the disk. */
export async function occupied(paths: readonly string[], { run }: Pick<Ports, 'run'>): Promise<number> {
  if (paths.length === 0) return 0;
  // du(1) ends with 1 when something disappears under it, and tells the rest nevertheless.
  const { stdout } = await run(['du', '--summarize', '--block-size=1', '--null', '--files0-from=-'], {
    doing: 'measure what is to leave the store',
    quiet: true,
    input: paths.join('\0'),
    okExitCodes: [0, 1],
  });
  return stdout.split('\0').reduce((sum, line) => sum + Number(line.split('\t')[0] ?? 0), 0);
}

function trashOf(store: Store): string {
  return join(store.path, 'trash');
}

function unique(): string {
  return randomBytes(4).toString('hex');
}

async function moveAside(path: string, to: string): Promise<string | undefined> {
  return rename(path, to).then(
    () => to,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    },
  );
}
