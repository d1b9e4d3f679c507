/** A client gets a fresh clone: of the release that it has, or of the one that its channel is at. */
import { Failure } from '../../base/failure.js';
import type { ClientState, Generation } from '../host/state.js';
import { hasInstaller } from '../site/blank.js';
import type { ClientImage } from '../site/facts.js';
import { keeps } from './aside.js';
import type { Draft } from './draft.js';
import { currentOf, freshClone, takeOver } from './generations.js';
import { inMaintenance, isMaintained } from './maintenance.js';
import { freshLine } from './names.js';
import { noClone, requireImage, requireNoSession, requireRelease, unknownClient } from './refusals.js';

interface Renewal {
  readonly client: string;
  readonly image?: string;
  readonly purge?: true;
}

export function reset(draft: Draft, intent: Renewal): void {
  const { client } = intent;
  for (const { image, state } of imagesOf(draft, intent)) {
    const current = currentOf(state.images[image.name]);
    if (current === undefined) {
      if (intent.image === undefined) continue;
      throw noClone(draft, client, image);
    }
    if (isMaintained(state, image)) throw inMaintenance(client, image, 'be reset');
    // Of what installed itself nothing is the release's; its installer may be the newest.
    const channel = hasInstaller(image) ? draft.channels.get(image.channel ?? '') : undefined;
    const digest =
      image.blank === true && !hasInstaller(image) ? undefined : (channel?.release ?? current.release);
    const release = digest === undefined ? undefined : requireRelease(draft, digest);
    requireNoSession(draft, client, [current], `reset ${image.name} of ${client}`);
    draft.lines.push(
      `${freshLine(draft, client, image, release?.digest)}; ${leaves(draft, current, intent)}`,
    );
    const fresh = freshClone(draft, client, image, release);
    takeOver(draft, { client, image: image.name }, fresh, { former: 'discard', ...purging(intent) });
  }
}

export function rebase(draft: Draft, intent: Renewal & { readonly state: 'keep' | 'discard' }): void {
  const { client } = intent;
  for (const { image, state } of imagesOf(draft, intent)) {
    const current = currentOf(state.images[image.name]);
    const channel = image.channel === undefined ? undefined : draft.channels.get(image.channel);
    if (channel === undefined && image.channel !== undefined) {
      if (intent.image === undefined) continue;
      throw noClone(draft, client, image);
    }
    if (image.blank === true && current !== undefined) {
      if (intent.image === undefined) continue;
      throw installed(client, image);
    }
    if (channel === undefined) continue;
    if (isMaintained(state, image)) throw inMaintenance(client, image, 'be rebased');
    if (current?.release === channel.release) continue;
    const release = requireRelease(draft, channel.release, channel.history.at(-1)?.recipe);
    if (intent.state === 'discard' && current !== undefined)
      requireNoSession(draft, client, [current], `discard the state of ${image.name} of ${client}`);
    const fate =
      intent.state === 'keep'
        ? `what was written to ${current?.id} is kept for a rollback`
        : leaves(draft, current, intent);
    const old = current === undefined ? '' : `; ${fate}`;
    draft.lines.push(`${freshLine(draft, client, image, release.digest)}${old}`);
    const fresh = freshClone(draft, client, image, release);
    takeOver(draft, { client, image: image.name }, fresh, { former: intent.state, ...purging(intent) });
  }
}

function leaves({ about }: Draft, current: Generation | undefined, { purge }: Renewal): string {
  if (current?.readOnly === true) return `nothing was ever written to ${current.id}`;
  const fate = keeps(about.host) && purge !== true ? 'can be brought back' : 'is thrown away';
  return `what was written to ${current?.id} ${fate}`;
}

function purging({ purge }: Renewal): Pick<Renewal, 'purge'> {
  return purge === true ? { purge } : {};
}

function imagesOf(draft: Draft, { client, image }: Renewal): { image: ClientImage; state: ClientState }[] {
  const state = draft.clients.get(client);
  if (state === undefined) throw unknownClient(draft, client);
  if (image !== undefined) requireImage(state.facts, image);
  return state.facts.images
    .filter(({ name }) => image === undefined || name === image)
    .map((each) => ({ image: each, state }));
}

function installed(client: string, { name }: ClientImage): Failure {
  return new Failure('usage', {
    what: `${name} of ${client} follows no release: a system has installed itself on its LUN.`,
    hint: `A LUN with nothing on it, and beside it the newest installer if it has one: npx lunsmith client reset ${client} --image ${name}`,
  });
}
