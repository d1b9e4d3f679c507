/** `lunsmith capture`: the LUN of a client that is switched off, taken as a release. Nothing on its target host changes. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { commitRelease } from '../../artifacts/release/release.js';
import { lunImageOf } from '../../artifacts/release/roles.js';
import { createPorts } from '../../base/command.js';
import { Failure } from '../../base/failure.js';
import { runTask, stopwatch } from '../../base/task.js';
import type { TargetHost } from '../../hosts/host/host.js';
import type { Generation } from '../../hosts/host/state.js';
import { readReleaseThere } from '../../hosts/publish/releases-there.js';
import type { Caller } from '../caller.js';
import { describe } from './capture/describe.js';
import { TASK } from './capture/linux.js';
import { noRelease } from './capture/no-release.js';
import { lunOf, readLun, refusalOf } from './lun.js';
import { clientNamed, connect, hostNamed, openSite } from './open.js';

export interface CaptureRequest {
  readonly client: string;
  readonly image?: string | undefined;
  /** Name of the release, as that of a recipe. */
  readonly name?: string | undefined;
  /** Absolute path of the folder that releases appear in. */
  readonly output: string;
  readonly site?: string | undefined;
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** @throws Failure of kind `usage` while the client runs, and for what has no LUN here; nothing is left then */
export async function captureClient(caller: Caller, request: CaptureRequest): Promise<void> {
  const { emit, signal } = caller;
  const site = await openSite(caller, request);
  const inSite = clientNamed(site, request.client);
  const ports = createPorts({ emit, signal, task: TASK });
  await using there = await connect(caller, hostNamed(site, inSite.host), ports);
  const { host } = there;
  const { image, generation } = await lunOf(host, request);
  if (image.boot === 'tftp')
    throw refusalOf(host, request.client)(
      'a Raspberry Pi, whose firmware is not on its LUN',
      'Build its system by a recipe.',
    );
  const name = request.name ?? `${request.client}-${image.name}`.toLowerCase();
  if (!NAME.test(name)) throw unfitName(name);
  const release =
    generation.release === undefined
      ? { digest: '', manifest: noRelease(generation), proofs: [] }
      : await readReleaseThere(host, generation.release);
  if (release === undefined) throw gone(host, generation);
  if (release.manifest.disk.partitions.some(({ filesystem }) => filesystem === 'btrfs'))
    throw refusalOf(host, request.client)(
      'Btrfs, from which nothing can be taken out while it is not mounted: keys and names of the machine would be in the release',
      'Build its system by a recipe.',
    );
  const seconds = stopwatch();
  const title = `${request.client} ${image.name}, generation ${generation.id}, of ${host.facts.name}`;
  emit({ type: 'started', work: 'build', subject: name, tasks: [{ id: TASK, title }] });
  await mkdir(request.output, { recursive: true });
  const work = await mkdtemp(join(request.output, '.capture-'));
  try {
    const made = await runTask(emit, TASK, async () => {
      const staging = join(work, 'release');
      const scratch = join(work, 'scratch');
      for (const folder of [staging, scratch]) await mkdir(folder);
      const capture = { host, image, generation, release, staging, scratch, ports, name };
      const lun = join(staging, lunImageOf(release.manifest));
      await readLun(there, generation, lun, { words: `capture ${name}`, task: TASK, ports });
      return commitRelease(staging, request.output, await describe(capture), ports);
    });
    emit({ type: 'released', recipe: name, ...made, seconds: seconds() });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function gone({ facts }: TargetHost, { release }: Generation): Failure {
  return new Failure('usage', {
    what: `The release ${release?.slice(0, 12)}, of which the LUN is a clone, is not on ${facts.name}.`,
    hint: 'Publish it again: it tells what the LUN holds.',
  });
}

function unfitName(name: string): Failure {
  return new Failure('usage', {
    what: `\`${name}\` cannot be the name of a release.`,
    expected: 'at most 63 lower-case letters, digits, dots, dashes and underscores: --name NAME',
  });
}
