/** `lunsmith capture`: the LUN of a client that is switched off, taken as a release. Nothing on its target host changes. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { commitRelease } from '../../artifacts/release/release.js';
import { lunImageOf } from '../../artifacts/release/roles.js';
import { createPorts } from '../../base/command.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { runTask, stopwatch } from '../../base/task.js';
import { readState } from '../../hosts/apply.js';
import { fetchDisk } from '../../hosts/capture/fetch-disk.js';
import type { TargetHost } from '../../hosts/host/host.js';
import { hostLayout } from '../../hosts/host/layout.js';
import { takeHostLock } from '../../hosts/host/lock.js';
import type { Generation } from '../../hosts/host/state.js';
import { readReleaseThere } from '../../hosts/publish/releases-there.js';
import type { ClientImage } from '../../hosts/site/facts.js';
import { isArray } from '../../hosts/site/portal.js';
import { refuseBusy } from '../../hosts/target/refusals.js';
import type { Caller } from '../caller.js';
import { type Capture, describe } from './capture/describe.js';
import { TASK } from './capture/linux.js';
import { noRelease } from './capture/no-release.js';
import { lockFor } from './change.js';
import { clientNamed, connect, hostNamed, type OpenHost, openSite } from './open.js';

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
  const name = request.name ?? `${request.client}-${image.name}`.toLowerCase();
  if (!NAME.test(name)) throw unfitName(name);
  const release =
    generation.release === undefined
      ? { digest: '', manifest: noRelease(generation), proofs: [] }
      : await readReleaseThere(host, generation.release);
  if (release === undefined) throw gone(host, generation);
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
      await fetchLun(there, capture);
      return commitRelease(staging, request.output, await describe(capture), ports);
    });
    emit({ type: 'released', recipe: name, ...made, seconds: seconds() });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function lunOf(
  host: TargetHost,
  { client: name, image: wanted }: CaptureRequest,
): Promise<{ readonly image: ClientImage; readonly generation: Generation }> {
  const { clients } = await readState(host);
  const client = clients[name];
  const refuse = (found: string, hint: string) =>
    new Failure('usage', {
      what: `There is no LUN of ${name} on ${host.facts.name} to be taken.`,
      expected: 'the image of a client that was added and has a clone of a release',
      found,
      hint,
    });
  if (client === undefined) throw refuse('no such client', `Run: npx lunsmith client add ${name}`);
  const image = client.facts.images.find((each) => wanted === undefined || each.name === wanted);
  if (image === undefined) {
    const names = client.facts.images.map((each) => each.name);
    throw refuse(`no image ${wanted}`, `It has ${names.join(', ')}.`);
  }
  if (isArray(host.facts))
    throw refuse('a LUN of a storage array', 'Copy it on the array, and import it by a recipe.');
  if (image.boot === 'tftp')
    throw refuse('a Raspberry Pi, whose firmware is not on its LUN', 'Build its system by a recipe.');
  const known = client.images[image.name];
  const generation = known?.generations.find(({ id }) => id === known.current);
  if (generation?.readOnly === true)
    throw refuse(
      'the image of its release, which no client writes to (`overlay`)',
      'Change its recipe, or let the machine boot a release without `overlay` once.',
    );
  if (generation !== undefined) return { image, generation };
  throw refuse(
    `no release was promoted to ${image.channel}`,
    `Run: npx lunsmith promote RELEASE ${image.channel}`,
  );
}

/** The host is locked meanwhile, so that no other command takes the LUN away. */
async function fetchLun(there: OpenHost, capture: Capture): Promise<void> {
  const { host, generation, release, staging, ports, name } = capture;
  const path = hostLayout(host.facts).lock;
  await using _lock = await takeHostLock(host, { path, ...lockFor(`capture ${name}`) }, ports);
  await requireOff(there, generation, ports);
  const total = generation.bytes;
  await fetchDisk(host, generation.disk, join(staging, lunImageOf(release.manifest)), (done) =>
    ports.emit({ type: 'progress', task: TASK, what: 'read the LUN', done, total, unit: 'bytes' }),
  );
  await requireOff(there, generation, ports);
}

/** A LUN that a client writes to is never whole. */
async function requireOff({ host, adapter }: OpenHost, { target }: Generation, ports: Ports): Promise<void> {
  refuseBusy((await adapter.sessions(host, ports)).filter((each) => each.target === target));
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
