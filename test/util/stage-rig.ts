/**
 * Runs steps in a real sandbox, as a build would, and lets a test look at the result with other tools. The base tree is
 * bootstrapped once in a run of the test suite (see base-tree.ts).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event } from '../../base/event.js';
import { type Failure, Failure as FailureClass } from '../../base/failure.js';
import type { Argv } from '../../base/ports.js';
import type { Lock } from '../../pipeline/plan/lock/lock.js';
import { enterSandbox } from '../../pipeline/sandbox/enter.js';
import type { RecipeFacts } from '../../pipeline/stage.js';
import type { RigCommand, RigResult, RigStep, RigSteps } from '../inside/rig.js';
import { BASE_STEPS, baseTree, packageFolders } from './base-tree.js';

export interface RigOptions {
  /** `minbase`: a bootstrapped Debian 12; `empty`: nothing. Default `minbase`. */
  readonly base?: 'minbase' | 'empty';
  readonly recipe?: Partial<RecipeFacts>;
  readonly mirror?: string;
  readonly records?: Readonly<Record<string, unknown>>;
}

export interface StageRig extends AsyncDisposable {
  /** The failure that ended the steps, if one did; then nothing else may be asked. */
  readonly failure: Failure | undefined;
  readonly events: readonly Event[];
  readonly records: Readonly<Record<string, unknown>>;
  /** What the steps' packages came to; steps are named `NUMBER-STAGE`. */
  readonly lock: Lock;
  /** Folder of what output stages wrote. */
  readonly output: string;
  /** stdout of a command in a chroot of the result. */
  exec(argv: Argv): Promise<string>;
  read(path: string): Promise<string>;
  /** `mode uid gid size type` of a path, e.g. `600 0 0 12 regular file`. */
  stat(path: string): Promise<string>;
  /** All paths that the steps' own layers hold, relative to the root, sorted; deleted ones as `-path`. */
  changed(): Promise<string[]>;
}

export const RIG_RECIPE: RecipeFacts & { epoch: number } = {
  name: 'rig',
  folder: '/nonexistent',
  architecture: 'amd64',
  epoch: 1_767_225_600,
  disk: {
    table: 'gpt',
    bytes: 4 << 30,
    guid: '11111111-1111-4111-8111-111111111111',
    partitions: [
      {
        name: 'bios',
        type: 'bios-boot',
        size: { bytes: 3 << 20 },
        guid: '22222222-2222-4222-8222-222222222222',
      },
      {
        name: 'esp',
        type: 'esp',
        size: { bytes: 64 << 20 },
        filesystem: 'vfat',
        mount: '/boot/efi',
        guid: '33333333-3333-4333-8333-333333333333',
        filesystemUuid: '3333-3333',
      },
      {
        name: 'swap',
        type: 'swap',
        size: { bytes: 512 << 20 },
        filesystem: 'swap',
        guid: '44444444-4444-4444-8444-444444444444',
        filesystemUuid: '44444444-4444-4444-8444-444444444445',
      },
      {
        name: 'root',
        type: 'linux',
        size: 'rest',
        filesystem: 'ext4',
        mount: '/',
        guid: '55555555-5555-4555-8555-555555555555',
        filesystemUuid: '55555555-5555-4555-8555-555555555556',
      },
    ],
  },
  kernel: { commandLine: ['console=ttyS0,115200', 'iscsi_auto'] },
};

export async function runStages(steps: readonly RigStep[], options: RigOptions = {}): Promise<StageRig> {
  const folder = await mkdtemp(join(tmpdir(), 'lunsmith-rig-'));
  const base = options.base === 'empty' ? [] : [await baseTree()];
  const events: Event[] = [];
  const enter = (payload: RigSteps | RigCommand) =>
    enterSandbox(
      { module: 'test/inside/rig.js', payload, network: 'host' },
      (event) => events.push(event),
      new AbortController().signal,
    );
  const payload: RigSteps = {
    folder,
    steps,
    layers: base,
    base: base.length === 0 ? [] : BASE_STEPS,
    recipe: { ...RIG_RECIPE, ...options.recipe },
    mirror: options.mirror ?? process.env['LUNSMITH_MIRROR'],
    records: options.records ?? {},
    ...packageFolders(),
  };
  let failure: Failure | undefined;
  const nothing: Lock = { format: 'lunsmith-lock/1', architecture: 'amd64', indexes: [], steps: [] };
  let result: RigResult = { layers: [], records: {}, lock: nothing };
  try {
    result = (await enter(payload)) as RigResult;
  } catch (error) {
    failure = FailureClass.from(error);
  }
  const exec = async (argv: Argv) =>
    ((await enter({ folder, exec: argv, layers: [...base, ...result.layers] })) as { stdout: string }).stdout;
  return {
    failure,
    events,
    records: result.records,
    lock: result.lock,
    output: join(folder, 'output'),
    exec,
    read: (path) => exec(['cat', path]),
    stat: async (path) => (await exec(['stat', '--format=%a %u %g %s %F', path])).trim(),
    changed: async () => {
      const { listTree } = await import('./list-tree.js');
      const all = await Promise.all(result.layers.map((layer) => listTree(layer)));
      return [...new Set(all.flat())].sort();
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
