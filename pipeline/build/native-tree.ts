/** The native tools of a build, unpacked once for all its steps. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from '../../base/ports.js';
import type { AskTools, NativeTree } from '../native-tools.js';
import { authorizationOf } from '../plan/authorization.js';
import { fillPool } from '../store/pool.js';
import type { Build } from './build.js';

/** What of a build they follow from. */
type Ground = Omit<Build, 'native'>;

export function openNativeTree(build: Ground): AskTools {
  let made: Promise<NativeTree | undefined> | undefined;
  return (step, ports) => (made ??= unpack(build, step, ports));
}

async function unpack(build: Ground, step: string, ports: Ports): Promise<NativeTree | undefined> {
  const { tools, archives, keyed, store } = build;
  const distribution = keyed.plan.steps.find((each) => each.distribution !== undefined)?.distribution;
  if (tools === undefined || distribution?.native === undefined) return undefined;
  if (tools.length === 0) {
    build.emit({
      type: 'warning',
      message:
        'Every program of the root is emulated, which takes many times as long: there are no native tools.',
      hint: 'If there is a recipe.lock, write it anew on this machine: `npx lunsmith lock RECIPE --update`. An `import` step needs `archives`.',
    });
    return undefined;
  }
  const packages = await fillPool(tools, {
    archives,
    authorize: () => authorizationOf(keyed.plan),
    folder: store.pool,
    task: step,
    ports,
  });
  const folder = join(build.folder.path, 'native');
  await mkdir(folder);
  return distribution.native.unpack(packages, folder, ports);
}
