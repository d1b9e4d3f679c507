/** The LUN that an image of a client has now, to be read: by `capture` and by `client export`. Nothing on its host changes. */
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { readState } from '../../hosts/apply.js';
import { type FetchedDisk, fetchDisk } from '../../hosts/disks/fetch-disk.js';
import type { TargetHost } from '../../hosts/host/host.js';
import { hostLayout } from '../../hosts/host/layout.js';
import { takeHostLock } from '../../hosts/host/lock.js';
import type { Generation } from '../../hosts/host/state.js';
import type { ClientImage } from '../../hosts/site/facts.js';
import { isArray } from '../../hosts/site/portal.js';
import { refuseBusy } from '../../hosts/target/refusals.js';
import { lockFor } from './change.js';
import type { OpenHost } from './open.js';

/** @throws Failure of kind `usage` for what has no LUN of its own here */
export async function lunOf(
  host: TargetHost,
  { client: name, image: wanted }: { readonly client: string; readonly image?: string | undefined },
): Promise<{ readonly image: ClientImage; readonly generation: Generation }> {
  const { clients } = await readState(host);
  const client = clients[name];
  const refuse = refusalOf(host, name);
  if (client === undefined) throw refuse('no such client', `Run: npx lunsmith client add ${name}`);
  const image = client.facts.images.find((each) => wanted === undefined || each.name === wanted);
  if (image === undefined) {
    const names = client.facts.images.map((each) => each.name);
    throw refuse(`no image ${wanted}`, `It has ${names.join(', ')}.`);
  }
  if (isArray(host.facts))
    throw refuse('a LUN of a storage array', 'Copy it on the array. A recipe can import that copy.');
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

/** Why a LUN cannot be taken. */
export function refusalOf({ facts }: TargetHost, client: string) {
  return (found: string, hint: string) =>
    new Failure('usage', {
      what: `There is no LUN of ${client} on ${facts.name} to be taken.`,
      expected: 'the image of a client that was added and has a clone of a release',
      found,
      hint,
    });
}

/**
 * Copies it into a file that is made. The host is locked meanwhile, so that no other command takes the LUN away.
 * @param words what is done, for others that wait @param to absolute path
 * @throws Failure of kind `usage` while the client is logged in
 */
export async function readLun(
  there: OpenHost,
  generation: Generation,
  to: string,
  { words, task, ports }: { readonly words: string; readonly task: string; readonly ports: Ports },
): Promise<FetchedDisk> {
  const { host } = there;
  await using _lock = await takeHostLock(
    host,
    { path: hostLayout(host.facts).lock, ...lockFor(words) },
    ports,
  );
  await requireOff(there, generation, ports);
  const total = generation.bytes;
  const fetched = await fetchDisk(host, generation.disk, to, (done) =>
    ports.emit({ type: 'progress', task, what: 'read the LUN', done, total, unit: 'bytes' }),
  );
  await requireOff(there, generation, ports);
  return fetched;
}

/** A LUN that a client writes to is never whole. */
export async function requireOff(
  { host, adapter }: OpenHost,
  { target }: Generation,
  ports: Ports,
): Promise<void> {
  refuseBusy((await adapter.sessions(host, ports)).filter((each) => each.target === target));
}
