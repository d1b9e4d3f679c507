import { join } from 'node:path';
import { inject } from 'vitest';
import { enterSandbox } from '../../pipeline/sandbox/enter.js';
import type { RigSteps } from '../inside/rig.js';
import { RIG_RECIPE } from './rig-recipe.js';
import { shared } from './shared.js';

/** What the base tree is made of. */
export const BASE_STEPS = [{ uses: 'debootstrap', with: { suite: 'bookworm' } }] as const;

/** Where all tests of a run keep package lists and package files. */
export function packageFolders(): { readonly state: string; readonly pool: string } {
  return { state: join(inject('shared'), 'resolve'), pool: join(inject('shared'), 'pool') };
}

/** Path of a bootstrapped minbase tree of Debian 12, made once in a run. */
export async function baseTree(): Promise<string> {
  const folder = await shared('minbase', async (partial) => {
    const payload: RigSteps = {
      folder: partial,
      architecture: RIG_RECIPE.architecture,
      layers: [],
      base: [],
      steps: BASE_STEPS,
      recipe: RIG_RECIPE,
      mirror: process.env['LUNSMITH_MIRROR'],
      records: {},
      ...packageFolders(),
    };
    const job = { module: 'test/inside/rig.js', payload, network: 'host' } as const;
    await enterSandbox(job, () => undefined, new AbortController().signal);
  });
  return join(folder, '1-debootstrap', 'tree');
}
