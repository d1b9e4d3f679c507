/** Channels go forward and back, and with them the clients that follow. */
import { Failure } from '../../base/failure.js';
import type { ChannelState, ClientState } from '../host/state.js';
import type { ReleaseThere } from '../publish/releases-there.js';
import type { ClientImage } from '../site/facts.js';
import type { Draft } from './draft.js';
import { checkFit, currentOf, freshClone, takeOver } from './generations.js';
import type { Stage } from './intent.js';
import { staysLine } from './maintenance.js';
import { freshLine, releaseName, short } from './names.js';
import { requireChannel, requireProofs, requireRelease } from './refusals.js';
import { clientsOfStage } from './staged.js';

interface Follower {
  readonly client: string;
  readonly state: ClientState;
  readonly image: ClientImage;
}

function followers({ clients }: Draft, channel: string): Follower[] {
  return [...clients].flatMap(([client, state]) =>
    state.facts.images
      .filter((image) => image.channel === channel)
      .map((image) => ({ client, state, image })),
  );
}

export function promote(
  draft: Draft,
  intent: { readonly channel: string; readonly release: string } & Stage,
): void {
  const { channel } = intent;
  requireChannel(draft, channel);
  const release = requireRelease(draft, intent.release);
  requireProofs(draft, release);
  const before = draft.channels.get(channel);
  const all = followers(draft, channel);
  const stage = clientsOfStage(
    draft,
    channel,
    all.map(({ client }) => client),
    intent,
  );
  if (before?.release !== release.digest) move(draft, channel, release, 'promote');
  const on = all.map((each) => {
    const current = currentOf(each.state.images[each.image.name]);
    const maintained = each.state.images[each.image.name]?.maintenance !== undefined;
    const stays = maintained || each.image.blank === true || each.state.facts.follows === 'rebase';
    return { ...each, current, maintained, stays: current !== undefined && stays };
  });
  const due = on.filter(({ current, stays }) => !stays && current?.release !== release.digest);
  const moving = due.filter(({ client }) => stage.has(client));
  checkFit(draft, moving, release);
  for (const { client, image, current } of moving) {
    const kept = current === undefined ? '' : `; its clone ${current.id} is kept for a rollback`;
    draft.lines.push(`${freshLine(draft, client, image, release.digest)}${kept}`);
    takeOver(draft, at(client, image), freshClone(draft, client, image, release), { former: 'keep' });
  }
  const waiting = new Set(due.filter((each) => !moving.includes(each)).map(({ client }) => client)).size;
  if (waiting > 0 && draft.lines.length > 0) {
    draft.lines.push(
      `${waiting} of ${new Set(all.map(({ client }) => client)).size} clients of ${channel} boot what they have until: npx lunsmith promote ${name(draft, release)} ${channel}`,
    );
  }
  if (before?.release === release.digest) return;
  for (const { client, image, current, maintained, stays } of on) {
    if (maintained) draft.lines.push(staysLine(client, image));
    if (maintained || !stays || current === undefined || current.release === release.digest) continue;
    draft.lines.push(
      image.blank === true
        ? `client ${client}: ${image.name} keeps its LUN, and the installer beside it that it has`
        : `client ${client}: ${image.name} stays at ${releaseName(draft, current.release)} until: npx lunsmith client rebase ${client}`,
    );
  }
}

export function rollback(
  draft: Draft,
  { channel, from: left }: { readonly channel: string; readonly from?: string },
): void {
  requireChannel(draft, channel);
  if (left !== undefined && !leaves(draft, channel, left)) return;
  const [from, to] = standing(draft.channels.get(channel)).slice(-2).reverse();
  if (from === undefined || to === undefined) {
    throw new Failure('usage', {
      what: `There is nothing that the channel ${channel} of ${draft.about.host.name} could go back to.`,
      expected: 'two releases that were promoted one after the other',
      found: from === undefined ? 'no release' : `only ${from.recipe}@${short(from.release)}`,
    });
  }
  const release = requireRelease(draft, to.release, to.recipe);
  move(draft, channel, release, 'rollback');
  const on = followers(draft, channel).flatMap((each) => {
    const had = each.state.images[each.image.name];
    const current = currentOf(had);
    if (had?.maintenance !== undefined) draft.lines.push(staysLine(each.client, each.image));
    if (had?.maintenance !== undefined) return [];
    // What a system has installed on a LUN is not that of its installer.
    if (current?.release !== from.release || each.image.blank === true) return [];
    const kept = had?.generations.findLast((generation) => generation.release === to.release);
    return [{ ...each, current, kept }];
  });
  const fresh = on.filter(({ kept, state }) => kept === undefined && state.facts.follows === 'promote');
  checkFit(draft, fresh, release);
  for (const each of on) {
    const { client, image, kept, current, state } = each;
    if (kept !== undefined) {
      draft.lines.push(
        `client ${client}: its next boot of ${image.name} is its clone ${kept.id} again, with all that was written to it; its clone ${current.id} is kept`,
      );
      takeOver(draft, at(client, image), kept, { former: 'keep' });
    } else if (state.facts.follows === 'promote') {
      draft.lines.push(
        `client ${client}: its next boot of ${image.name} is a fresh clone of ${name(draft, release)}, for it has none; its clone ${current.id} is kept`,
      );
      takeOver(draft, at(client, image), freshClone(draft, client, image, release), { former: 'keep' });
    } else {
      draft.lines.push(
        `client ${client}: ${image.name} stays at ${releaseName(draft, current.release)}: it has no clone of ${name(draft, release)}`,
      );
    }
  }
}

/** Whether the channel is at the release that it shall leave; not when a rollback has just left it: then there is nothing to do. */
function leaves(draft: Draft, channel: string, release: string): boolean {
  const { release: now, history = [] } = draft.channels.get(channel) ?? {};
  if (now === release) return true;
  const [before, last] = history.slice(-2);
  if (last?.by === 'rollback' && before?.release === release) return false;
  throw new Failure('usage', {
    what: `The channel ${channel} of ${draft.about.host.name} is not at the release that it shall leave.`,
    expected: releaseName(draft, release),
    found: now === undefined ? 'no release' : releaseName(draft, now),
  });
}

/** The promotions that no rollback has taken back, oldest first. */
export function standing(channel: ChannelState | undefined): ChannelState['history'] {
  const left: ChannelState['history'] = [];
  for (const entry of channel?.history ?? []) {
    if (entry.by === 'rollback') left.pop();
    else left.push(entry);
  }
  return left;
}

function move(
  draft: Draft,
  channel: string,
  { digest, manifest }: ReleaseThere,
  by: 'promote' | 'rollback',
): void {
  const before = draft.channels.get(channel);
  const entry = { release: digest, recipe: manifest.recipe.name, at: draft.about.now, by };
  draft.channels.set(channel, { release: digest, history: [...(before?.history ?? []), entry] });
  const was = before === undefined ? 'nothing' : releaseName(draft, before.release);
  draft.lines.push(`channel ${channel}: ${was} -> ${releaseName(draft, digest)}`);
}

function name(draft: Draft, { digest }: ReleaseThere): string {
  return releaseName(draft, digest);
}

function at(client: string, image: ClientImage) {
  return { client, image: image.name };
}
