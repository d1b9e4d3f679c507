/** Keeps folders of kept things from growing without end; everything in them can be made again. `cache gc` removes what was not touched for long. */
import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/failure.js';

/** Removes all but the entries of a folder that were touched last. */
export async function keepNewest(folder: string, count: number): Promise<void> {
  for (const { path } of (await byAge(folder)).slice(count)) await rm(path, { recursive: true, force: true });
}

/** Name of the entry of a folder that was touched last. @throws Failure of kind `network` where there is none */
export async function newestKept(folder: string): Promise<string> {
  const [newest] = await byAge(folder).catch(() => []);
  if (newest !== undefined) return newest.name;
  throw new Failure('network', {
    what: 'The indexes of these archives were not fetched yet.',
    expected: folder,
    hint: '`lunsmith check --online` fetches them.',
  });
}

/** Text of a kept file, which counts as used just now; undefined when there is none. */
export async function readUsed(file: string): Promise<string | undefined> {
  await touch(file);
  return readFile(file, 'utf8').catch(() => undefined);
}

/** Notes that something kept was used just now, if it is there. */
export async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}

/** Age in milliseconds from which a temporary folder is taken for abandoned. */
const LEFT_BEHIND_MS = 86_400_000;

/** Removes temporary folders that a process left behind when it was killed. @param prefix how their names begin */
export async function removeLeftBehind(folder: string, prefix: string): Promise<void> {
  const limit = Date.now() - LEFT_BEHIND_MS;
  for (const { name, path, touched } of await byAge(folder)) {
    if (name.startsWith(prefix) && touched < limit) await rm(path, { recursive: true, force: true });
  }
}

async function byAge(folder: string): Promise<{ name: string; path: string; touched: number }[]> {
  const entries = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const path = join(folder, name);
      const facts = await stat(path).catch(() => undefined);
      return { name, path, touched: facts?.mtimeMs ?? 0 };
    }),
  );
  return entries.sort((a, b) => b.touched - a.touched);
}
