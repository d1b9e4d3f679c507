/** One bootstrapped minbase tree for all tests of a run; the first that asks makes it, the others wait for it. */
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';
import { enterSandbox } from '../../pipeline/sandbox/enter.js';
import { RIG_RECIPE } from './stage-rig.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A folder for what tests of this run share; removed at its end. */
    shared: string;
  }
}

/** Path of the tree. */
export async function baseTree(): Promise<string> {
  const shared = inject('shared');
  const done = join(shared, 'minbase');
  const claim = join(shared, 'minbase.claim');
  const failed = join(shared, 'minbase.failed');
  const mine = await mkdir(claim).then(
    () => true,
    () => false,
  );
  if (mine) {
    try {
      await bootstrap(join(shared, 'minbase.partial'), done);
    } catch (error) {
      await writeFile(failed, String(error));
      throw error;
    }
  }
  while (!(await exists(done))) {
    if (await exists(failed)) throw new Error('another test could not bootstrap the base tree');
    await delay(200);
  }
  return join(done, '1-debootstrap', 'tree');
}

async function bootstrap(partial: string, done: string): Promise<void> {
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial);
  await enterSandbox(
    {
      module: '../test/util/rig-inside.mjs',
      payload: {
        folder: partial,
        layers: [],
        steps: [{ uses: 'debootstrap', with: { suite: 'bookworm' } }],
        recipe: RIG_RECIPE,
        mirror: process.env['LUNSMITH_MIRROR'],
      },
      network: 'host',
    },
    () => undefined,
    new AbortController().signal,
  );
  await rename(partial, done);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
