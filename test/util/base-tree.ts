import { join } from 'node:path';
import { enterSandbox } from '../../pipeline/sandbox/enter.js';
import { shared } from './shared.js';
import { RIG_RECIPE } from './stage-rig.js';

/** Path of a bootstrapped minbase tree of Debian 12, made once in a run. */
export async function baseTree(): Promise<string> {
  const folder = await shared('minbase', async (partial) => {
    const payload = {
      folder: partial,
      layers: [],
      steps: [{ uses: 'debootstrap', with: { suite: 'bookworm' } }],
      recipe: RIG_RECIPE,
      mirror: process.env['LUNSMITH_MIRROR'],
    };
    const job = { module: '../test/util/rig-inside.mjs', payload, network: 'host' } as const;
    await enterSandbox(job, () => undefined, new AbortController().signal);
  });
  return join(folder, '1-debootstrap', 'tree');
}
