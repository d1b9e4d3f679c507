/**
 * How things leave a store: by one rename into its trash, so that no reader ever finds half of them, and only then
 * by the slow way.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Ports } from '../../base/ports.js';
import { BLOCK } from './links.js';
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

/** Removes what was renamed away. Runs in the sandbox, where files of all mapped users may be removed. */
export async function removeForGood(paths: readonly string[], { run }: Pick<Ports, 'run'>): Promise<void> {
  if (paths.length === 0) return;
  await run(['xargs', '--null', 'rm', '--recursive', '--force', '--'], {
    doing: 'remove what left the store',
    quiet: true,
    input: paths.join('\0'),
  });
}

/** Device, inode, names, blocks, kind; find(1) `-printf`. */
const FORMAT = '%D:%i %n %b %y\\0';

/** What the removal of folders and files frees: all of it but the files that have hard links elsewhere. */
export async function freedBy(paths: readonly string[], { run }: Pick<Ports, 'run'>): Promise<number> {
  if (paths.length === 0) return 0;
  // find(1) ends with 1 when something disappears under it, and tells the rest nevertheless; then xargs(1) ends with 123.
  const { stdout } = await run(['xargs', '--null', '--replace={}', 'find', '{}', '-printf', FORMAT], {
    doing: 'measure what is to leave the store',
    quiet: true,
    input: paths.join('\0'),
    okExitCodes: [0, 123],
  });
  const missing = new Map<string, number>();
  let bytes = 0;
  for (const line of stdout.split('\0').filter((each) => each !== '')) {
    const [id = '', links, blocks, kind] = line.split(' ');
    const left = (missing.get(id) ?? Number(links)) - 1;
    missing.set(id, left);
    if (left === 0 || kind === 'd') bytes += Number(blocks) * BLOCK;
  }
  return bytes;
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
