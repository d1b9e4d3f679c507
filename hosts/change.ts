/**
 * What a wish changes on a target host: from the state that is to the state that shall be, the clones that it takes, and the
 * words for it. Pure: nothing is asked and nothing is done here.
 */
import { Failure } from '../base/failure.js';
import { forgetOverdue } from './change/aside.js';
import { promote, rollback, standing } from './change/channels.js';
import { addClient, forgetStarted, removeClient, rotateClient, setNext } from './change/clients.js';
import { type Draft, draftOf, finished, wishOf } from './change/draft.js';
import type { About, Change, ChannelIntent, ClientIntent, Intent } from './change/intent.js';
import { maintain, resume } from './change/maintenance.js';
import { requireOwnIdentities } from './change/refusals.js';
import { rebase, reset } from './change/renewal.js';
import { restore } from './change/restore.js';
import { purge, undelete } from './change/undelete.js';
import type { HostState } from './host/state.js';
import type { ClientFacts } from './site/facts.js';

type Single = ChannelIntent | ClientIntent;

/** @throws Failure of kind `usage`, or `proof` for a release that may not be promoted; nothing is changed then */
export function planChange(state: HostState, intent: Intent, about: About): Change {
  const draft = draftOf(state, about);
  const all = singles(intent);
  if (all.some(({ kind }) => kind !== 'next')) forgetStarted(draft);
  // Who asks for several learns of all that stands against it.
  Failure.throwAll(all.flatMap((single) => refusalOf(() => fulfil(draft, single))));
  requireOwnIdentities(draft);
  forgetOverdue(draft);
  return finished(draft, intent);
}

/** What the site says of clients now. */
export function clientsIn(intent: Intent): readonly ClientFacts[] {
  return singles(intent).flatMap((single) =>
    single.kind === 'add' || single.kind === 'undelete' ? [single.client] : [],
  );
}

function singles(intent: Intent): readonly Single[] {
  return intent.kind === 'several' ? intent.intents : [intent];
}

function fulfil(draft: Draft, intent: Single): void {
  switch (intent.kind) {
    case 'promote':
      return promote(draft, intent);
    case 'rollback':
      return rollback(draft, intent);
    case 'add':
      return addClient(draft, intent.client);
    case 'remove':
      return removeClient(draft, intent);
    case 'reset':
      return reset(draft, intent);
    case 'rebase':
      return rebase(draft, intent);
    case 'maintain':
      return maintain(draft, intent);
    case 'resume':
      return resume(draft, intent);
    case 'rotate':
      return rotateClient(draft, intent.client);
    case 'undelete':
      return undelete(draft, intent);
    case 'restore':
      return restore(draft, intent);
    case 'purge':
      return purge(draft, intent.client);
    case 'next':
      return setNext(draft, intent);
  }
}

function refusalOf(work: () => void): Failure[] {
  try {
    work();
    return [];
  } catch (error) {
    if (error instanceof Failure) return [error];
    throw error;
  }
}

/** Wishes that go further each time that they are fulfilled; each of the others leads to the same state again. */
const FURTHER: readonly Single['kind'][] = ['rollback', 'reset', 'rebase', 'undelete', 'restore', 'purge'];

/**
 * The change when the wish is the one that led to the state, and the call that had it was cut off before all that follows was done:
 * then it is finished. Undefined: it is another wish, or one that may be fulfilled again.
 */
export function finishedChange(state: HostState, intent: Intent): Change | undefined {
  const further = singles(intent).some(({ kind }) => FURTHER.includes(kind));
  if (!further || state.wish !== wishOf(intent)) return undefined;
  return { ...noChange(state), finishes: true };
}

/** The change that nobody sees. */
export function noChange(state: HostState): Change {
  return { next: state, clones: [], dropped: [], deleted: [], secrets: [], files: [], lines: [] };
}

/** Digests of the releases whose manifests a plan may want. */
export function releasesNeeded(state: HostState, intent: Intent): string[] {
  return [...new Set(singles(intent).flatMap((single) => neededFor(state, single)))];
}

function neededFor({ channels, clients, deleted = [] }: HostState, intent: Single): string[] {
  const ofChannels = Object.values(channels).map(({ release }) => release);
  const ofClients = Object.values(clients)
    .flatMap(({ images }) => Object.values(images))
    .flatMap(({ current, generations }) => generations.filter(({ id }) => id === current))
    .flatMap(({ release }) => release ?? []);
  switch (intent.kind) {
    case 'promote':
      return [intent.release];
    case 'rollback':
      return standing(channels[intent.channel])
        .slice(-2, -1)
        .map(({ release }) => release);
    case 'add':
    case 'rebase':
    case 'maintain':
    case 'resume':
      return ofChannels;
    case 'undelete':
      return [
        ...ofChannels,
        ...deleted
          .filter(({ facts }) => facts.name === intent.client.name)
          .flatMap(({ generations }) => generations)
          .flatMap(({ release }) => release ?? []),
      ];
    case 'restore':
      return [...ofChannels, ...(intent.lun.release === undefined ? [] : [intent.lun.release.digest])];
    case 'reset':
      return [...ofClients, ...ofChannels];
    default:
      return [];
  }
}
