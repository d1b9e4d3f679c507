/**
 * Runs steps in a real sandbox, as a build would, and lets a test look at the result with other tools. The base tree is
 * bootstrapped once in a run of the test suite (see base-tree.ts).
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event } from '../../base/event.js';
import { type Failure, Failure as FailureClass } from '../../base/failure.js';
import type { Argv } from '../../base/ports.js';
import type { Lock } from '../../pipeline/plan/lock/lock.js';
import type { RecipeFacts } from '../../pipeline/recipe-facts.js';
import { enterSandbox } from '../../pipeline/sandbox/enter.js';
import type { RigCommand, RigListing, RigResult, RigStep, RigSteps } from '../inside/rig.js';
import { BASE_STEPS, baseTree, packageFolders } from './base-tree.js';
import { RIG_RECIPE } from './rig-recipe.js';

export interface RigOptions {
  /** `minbase`: a bootstrapped Debian 12; `empty`: nothing. Default `minbase`. */
  readonly base?: 'minbase' | 'empty';
  readonly recipe?: Partial<RecipeFacts>;
  readonly mirror?: string;
  readonly records?: Readonly<Record<string, unknown>>;
  /** Whether native tools stand in for programs of a foreign root; default false. */
  readonly native?: boolean;
  /** What the steps' packages come to. Default: what they resolve to. */
  readonly lock?: Lock;
}

export interface StageRig extends AsyncDisposable {
  /** The failure that ended the steps, if one did; then nothing else may be asked. */
  readonly failure: Failure | undefined;
  readonly events: readonly Event[];
  readonly records: Readonly<Record<string, unknown>>;
  /** What the steps' packages came to; steps are named `NUMBER-STAGE`. */
  readonly lock: Lock;
  /** Folder of all that the steps made. */
  readonly folder: string;
  /** Folder of what output stages wrote. */
  readonly output: string;
  /** stdout of a command in a chroot of the result. */
  exec(argv: Argv): Promise<string>;
  read(path: string): Promise<string>;
  /** `mode uid gid size type` of a path, e.g. `600 0 0 12 regular file`. */
  stat(path: string): Promise<string>;
  /** Each entry of the result as mtree(5) has it, one a line, sorted. */
  listing(): Promise<string[]>;
  /** All paths that the steps' own layers hold, relative to the root, sorted; deleted ones as `-path`. */
  changed(): Promise<string[]>;
}

export async function runStages(steps: readonly RigStep[], options: RigOptions = {}): Promise<StageRig> {
  const folder = await mkdtemp(join(tmpdir(), 'lunsmith-rig-'));
  const base = options.base === 'empty' ? [] : [await baseTree()];
  const events: Event[] = [];
  const enter = (payload: RigSteps | RigCommand | RigListing) =>
    enterSandbox(
      { module: 'test/inside/rig.js', payload, network: 'host' },
      (event) => events.push(event),
      new AbortController().signal,
    );
  const { architecture = RIG_RECIPE.architecture } = options.recipe ?? {};
  const payload: RigSteps = {
    folder,
    architecture,
    steps,
    layers: base,
    base: base.length === 0 ? [] : BASE_STEPS,
    recipe: { ...RIG_RECIPE, ...options.recipe },
    mirror: options.mirror ?? process.env['LUNSMITH_MIRROR'],
    records: options.records ?? {},
    ...(options.lock === undefined ? {} : { lock: options.lock }),
    ...(options.native === undefined ? {} : { native: options.native }),
    ...packageFolders(),
  };
  let failure: Failure | undefined;
  const nothing: Lock = { format: 'lunsmith-lock/1', architecture, indexes: [], steps: [] };
  let result: RigResult = { layers: [], records: {}, lock: nothing };
  try {
    result = (await enter(payload)) as RigResult;
  } catch (error) {
    failure = FailureClass.from(error);
  }
  const exec = async (argv: Argv) =>
    (
      (await enter({ folder, architecture, exec: argv, layers: [...base, ...result.layers] })) as {
        stdout: string;
      }
    ).stdout;
  return {
    failure,
    events,
    records: result.records,
    lock: result.lock,
    folder,
    output: join(folder, 'output'),
    exec,
    read: (path) => exec(['cat', path]),
    stat: async (path) => (await exec(['stat', '--format=%a %u %g %s %F', path])).trim(),
    listing: async () => {
      const list = join(folder, 'listing');
      await enter({ folder, architecture, list, layers: [...base, ...result.layers] });
      return (await readFile(list, 'utf8')).split('\n').sort();
    },
    changed: async () => {
      const { listTree } = await import('./list-tree.js');
      const all = await Promise.all(result.layers.map((layer) => listTree(layer)));
      return [...new Set(all.flat())].sort();
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
