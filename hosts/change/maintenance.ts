/**
 * One client of a channel makes its next release by hand: it boots a clone of its own that nothing moves, which `lunsmith capture` takes as
 * a release. What it booted before is kept for the end of that. Called by the wishes to begin and to end it; the other wishes ask here
 * whether an image is theirs to move.
 */
import { Failure } from '../../base/failure.js';
import type { ChannelState, ClientState } from '../host/state.js';
import type { ClientImage } from '../site/facts.js';
import { isArray } from '../site/portal.js';
import { keeps, setAside } from './aside.js';
import type { Draft } from './draft.js';
import { currentOf, freshClone, inOrder, takeOver } from './generations.js';
import { freshLine, releaseName } from './names.js';
import { noClone, requireImage, requireNoSession, requireRelease, unknownClient } from './refusals.js';

interface Wanted {
  readonly client: string;
  readonly image?: string;
}

export function isMaintained({ images }: Pick<ClientState, 'images'>, { name }: ClientImage): boolean {
  return images[name]?.maintenance !== undefined;
}

/** One that is in maintenance already stays what it is. */
export function maintain(draft: Draft, { client, image: wanted }: Wanted): void {
  const state = stateOf(draft, client);
  const image = imageOf(state, wanted) ?? state.facts.images[0];
  if (isMaintained(state, image)) return;
  const had = state.images[image.name];
  const channel = channelOf(draft, image);
  const refused = refusal(draft, client, image);
  if (refused !== undefined) throw refused;
  if (had === undefined || channel === undefined) throw noClone(draft, client, image);
  const release = requireRelease(draft, channel.release, channel.history.at(-1)?.recipe);
  if (release.manifest.disk.overlay !== undefined) throw neverWritten(client, image);
  const fresh = freshClone(draft, client, image, release);
  draft.lines.push(
    `${freshLine(draft, client, image, release.digest)}, in maintenance; its clone ${had.current} is kept until its end`,
  );
  setImage(draft, client, image, {
    current: fresh.id,
    generations: inOrder([...had.generations, fresh]),
    maintenance: { resumes: had.current },
  });
}

/** One that is in no maintenance stays what it is. A client that follows promotions has then what they would have brought it. */
export function resume(
  draft: Draft,
  { client, image: wanted, purge }: Wanted & { readonly purge?: true },
): void {
  const before = stateOf(draft, client);
  const image = imageOf(before, wanted) ?? before.facts.images.find((each) => isMaintained(before, each));
  const had = image && before.images[image.name];
  const maintained = currentOf(had);
  const resumed = had?.generations.find(({ id }) => id === had.maintenance?.resumes);
  if (image === undefined || maintained === undefined || resumed === undefined) return;
  requireNoSession(draft, client, [maintained], `end the maintenance of ${image.name} of ${client}`);
  const others = had?.generations.filter((each) => each !== maintained) ?? [];
  setImage(draft, client, image, { current: resumed.id, generations: others });
  const fate = keeps(draft.about.host) && purge !== true ? 'can be brought back' : 'is thrown away';
  draft.lines.push(
    `client ${client}: ${image.name} is in maintenance no more; what was written to ${maintained.id} ${fate}`,
  );
  setAside(draft, { facts: before.facts, image: image.name, generations: [maintained] }, { purge });
  const channel = channelOf(draft, image);
  const moved = channel !== undefined && channel.release !== resumed.release;
  if (!moved || before.facts.follows === 'rebase') {
    draft.lines.push(
      `client ${client}: its next boot of ${image.name} is its clone ${resumed.id} of ${releaseName(draft, resumed.release)} again, with all that was written to it`,
    );
    return;
  }
  const { by, recipe } = channel.history.at(-1) ?? {};
  const kept = by === 'rollback' ? others.findLast((each) => each.release === channel.release) : undefined;
  const release = requireRelease(draft, channel.release, recipe);
  draft.lines.push(
    kept === undefined
      ? `${freshLine(draft, client, image, release.digest)}; its clone ${resumed.id} is kept for a rollback`
      : `client ${client}: its next boot of ${image.name} is its clone ${kept.id} again, with all that was written to it; its clone ${resumed.id} is kept`,
  );
  const next = kept ?? freshClone(draft, client, image, release);
  takeOver(draft, { client, image: image.name }, next, { former: 'keep' });
}

/** Of an image that a change of its channel would have moved. */
export function staysLine(client: string, { name }: ClientImage): string {
  return `client ${client}: ${name} is in maintenance, and stays so until: npx lunsmith client maintain ${client} --end`;
}

/** @param what that cannot be done to it: `be reset` */
export function inMaintenance(client: string, { name }: ClientImage, what: string): Failure {
  return new Failure('usage', {
    what: `${name} of ${client} cannot ${what}: it is in maintenance.`,
    expected: 'an image that is not',
    found: 'a LUN that is changed by hand, to become a release',
    hint: `Take it as a release (npx lunsmith capture ${client} ${name}), then end it: npx lunsmith client maintain ${client} --image ${name} --end --yes`,
  });
}

/** Why no maintenance can begin. */
function refusal({ about, clients }: Draft, client: string, image: ClientImage): Failure | undefined {
  const refuse = (found: string, hint: string) =>
    new Failure('usage', {
      what: `${image.name} of ${client} cannot be maintained.`,
      expected: 'a clone of a release, of which another release can be taken',
      found,
      hint,
    });
  if (image.blank === true) {
    return refuse(
      'a LUN on which a system installs itself: it is the client’s own, and no promotion moves it',
      `Change it as it is, and take it: npx lunsmith capture ${client} ${image.name}`,
    );
  }
  if (isArray(about.host)) return refuse('a LUN of a storage array', 'Copy it on the array.');
  if (image.boot === 'tftp')
    return refuse('a Raspberry Pi, whose firmware is not on its LUN', 'Change its recipe.');
  for (const [other, state] of clients) {
    const taken = state.facts.images.find(
      (each) => each.channel === image.channel && isMaintained(state, each),
    );
    if (taken === undefined) continue;
    return refuse(
      `${taken.name} of ${other}, which is in maintenance for the channel ${image.channel}: two would take each other’s changes back`,
      `End that first: npx lunsmith client maintain ${other} --image ${taken.name} --end --yes`,
    );
  }
  return undefined;
}

function channelOf({ channels }: Draft, { channel }: ClientImage): ChannelState | undefined {
  return channel === undefined ? undefined : channels.get(channel);
}

function neverWritten(client: string, { name }: ClientImage): Failure {
  return new Failure('usage', {
    what: `${name} of ${client} cannot be maintained.`,
    expected: 'a release whose root can be written to',
    found: 'one with `overlay`: what is written lies in memory, and all its clients share the LUN',
    hint: 'Change its recipe. Or let the channel have the same system without `overlay` for as long as it is changed by hand.',
  });
}

function stateOf(draft: Draft, client: string): ClientState {
  const state = draft.clients.get(client);
  if (state === undefined) throw unknownClient(draft, client);
  return state;
}

function imageOf({ facts }: ClientState, wanted: string | undefined): ClientImage | undefined {
  if (wanted === undefined) return undefined;
  requireImage(facts, wanted);
  return facts.images.find(({ name }) => name === wanted);
}

function setImage(
  { clients }: Draft,
  client: string,
  { name }: ClientImage,
  image: ClientState['images'][string],
): void {
  const state = clients.get(client);
  if (state !== undefined) clients.set(client, { ...state, images: { ...state.images, [name]: image } });
}
