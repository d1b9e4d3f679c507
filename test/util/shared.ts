/** Things that are costly to make and that many tests of a run look at: the first that asks makes them. */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A folder for what tests of this run share; removed at its end. */
    shared: string;
  }
}

/**
 * The folder of a shared thing. `make` fills a folder that is given its final name only when it is complete.
 * @throws the maker's error, for every test that asks
 */
export async function shared(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const done = join(inject('shared'), name);
  const failed = `${done}.failed`;
  const mine = await mkdir(`${done}.claim`).then(
    () => true,
    () => false,
  );
  if (mine) {
    try {
      await mkdir(`${done}.partial`);
      await make(`${done}.partial`);
      await rename(`${done}.partial`, done);
    } catch (error) {
      await writeFile(failed, error instanceof Error ? (error.stack ?? error.message) : String(error));
      throw error;
    }
  }
  while (!(await exists(done))) {
    if (await exists(failed)) throw new Error(`${name} could not be made: ${await readFile(failed, 'utf8')}`);
    await delay(200);
  }
  return done;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
