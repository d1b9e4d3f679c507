/**
 * What a wish changes on a target host: from the state that is to the state that shall be, the clones that it takes, and the
 * words for it. Pure: nothing is asked and nothing is done here.
 */

import { promote, rollback, standing } from './change/channels.js';
import { addClient, forgetStarted, removeClient, rotateClient, setNext } from './change/clients.js';
import { draftOf, finished, wishOf } from './change/draft.js';
import type { About, Change, Intent } from './change/intent.js';
import { rebase, reset } from './change/renewal.js';

import type { HostState } from './host/state.js';

/** @throws Failure of kind `usage`, or `proof` for a release that may not be promoted; nothing is changed then */
export function planChange(state: HostState, intent: Intent, about: About): Change {
  const draft = draftOf(state, about);
  if (intent.kind !== 'next') forgetStarted(draft);
  switch (intent.kind) {
    case 'promote':
      promote(draft, intent);
      break;
    case 'rollback':
      rollback(draft, intent);
      break;
    case 'add':
      addClient(draft, intent.client);
      break;
    case 'remove':
      removeClient(draft, intent.client);
      break;
    case 'reset':
      reset(draft, intent);
      break;
    case 'rebase':
      rebase(draft, intent);
      break;
    case 'rotate':
      rotateClient(draft, intent.client);
      break;
    case 'next':
      setNext(draft, intent);
      break;
  }
  return finished(draft, intent);
}

/** Wishes that go further each time that they are fulfilled; each of the others leads to the same state again. */
const FURTHER: readonly Intent['kind'][] = ['rollback', 'reset', 'rebase'];

/**
 * The change when the wish is the one that led to the state, and the call that had it was cut off before all that follows was done:
 * then it is finished. Undefined: it is another wish, or one that may be fulfilled again.
 */
export function finishedChange(state: HostState, intent: Intent): Change | undefined {
  if (!FURTHER.includes(intent.kind) || state.wish !== wishOf(intent)) return undefined;
  return { next: state, clones: [], dropped: [], secrets: [], lines: [], finishes: true };
}

/** Digests of the releases whose manifests a plan may want. */
export function releasesNeeded({ channels, clients }: HostState, intent: Intent): string[] {
  const ofChannels = Object.values(channels).map(({ release }) => release);
  const ofClients = Object.values(clients)
    .flatMap(({ images }) => Object.values(images))
    .flatMap(({ current, generations }) => generations.filter(({ id }) => id === current))
    .map(({ release }) => release);
  switch (intent.kind) {
    case 'promote':
      return [intent.release];
    case 'rollback':
      return standing(channels[intent.channel])
        .slice(-2, -1)
        .map(({ release }) => release);
    case 'add':
    case 'rebase':
      return [...new Set(ofChannels)];
    case 'reset':
      return [...new Set(ofClients)];
    default:
      return [];
  }
}
