/**
 * What a wish changes on a target host: from the state that is to the state that shall be, the clones that it takes, and the
 * words for it. Pure: nothing is asked and nothing is done here.
 */

import { promote, rollback, standing } from './change/channels.js';
import { addClient, forgetStarted, removeClient, rotateClient, setNext } from './change/clients.js';
import { draftOf, finished } from './change/draft.js';
import { rebase, reset } from './change/renewal.js';
import type { CloneRequest } from './clients/clone.js';
import type { Generation, HostState } from './host/state.js';
import type { ReleaseThere } from './publish/releases-there.js';
import type { ClientFacts, HostFacts } from './site/facts.js';
import type { IscsiSession } from './target/adapter.js';

export type Intent =
  | { readonly kind: 'promote'; readonly channel: string; readonly release: string }
  | { readonly kind: 'rollback'; readonly channel: string }
  /** Adds a client, or brings it to what the site says of it now. */
  | { readonly kind: 'add'; readonly client: ClientFacts }
  | { readonly kind: 'remove'; readonly client: string }
  /** A fresh clone of the same release. Without `image`: all its images. */
  | { readonly kind: 'reset'; readonly client: string; readonly image?: string }
  /** A fresh clone of the release that the channel is at. `state`: what becomes of the clone that it has. */
  | {
      readonly kind: 'rebase';
      readonly client: string;
      readonly image?: string;
      readonly state: 'keep' | 'discard';
    }
  /** Reads the client's secret again. */
  | { readonly kind: 'rotate'; readonly client: ClientFacts }
  /** What it boots at its next start instead of its first image; without `image`: the first again. */
  | { readonly kind: 'next'; readonly client: string; readonly image?: string };

/** What is known beside the state. */
export interface About {
  readonly host: HostFacts;
  /** Those of the site. */
  readonly channels: readonly string[];
  /** At least those that {@link releasesNeeded} names, where they are on the host; by digest. */
  readonly releases: ReadonlyMap<string, ReleaseThere>;
  readonly sessions: readonly IscsiSession[];
  /** Where a clone will lie on the host. */
  disk(clone: Pick<CloneRequest, 'client' | 'image' | 'generation'>): string;
  /** RFC 3339, UTC. */
  readonly now: string;
}

export interface Change {
  /** The same object as the state that was, when nothing changes. */
  readonly next: HostState;
  readonly clones: readonly CloneRequest[];
  /** LUNs that nobody needs any more. */
  readonly dropped: readonly Generation[];
  /** Clients whose secrets are to be read and kept on the host. */
  readonly secrets: readonly ClientFacts[];
  /** One for each thing that changes. */
  readonly lines: readonly string[];
}

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
  return finished(draft);
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
