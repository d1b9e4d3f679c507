/** A change in the making: the parts of the next state, and what it takes. */

import { canonicalJson, sha256OfText } from '../../base/digest.js';
import type { CloneRequest } from '../clients/clone.js';
import type { ChannelState, ClientState, DeletedLuns, Generation, HostState } from '../host/state.js';
import type { ClientFacts } from '../site/facts.js';
import type { About, Change, Intent } from './intent.js';

export interface Draft {
  readonly before: HostState;
  readonly about: About;
  readonly channels: Map<string, ChannelState>;
  readonly clients: Map<string, ClientState>;
  readonly clones: CloneRequest[];
  readonly dropped: Generation[];
  /** Those that can be brought back: see aside.ts. */
  readonly deleted: Set<DeletedLuns>;
  readonly secrets: ClientFacts[];
  /** Whose files are to be kept on the host anew. */
  readonly files: ClientFacts[];
  readonly lines: string[];
  /** Names of clients whose facts came with the wish. */
  readonly brought: Set<string>;
}

export function draftOf(before: HostState, about: About): Draft {
  return {
    before,
    about,
    channels: new Map(Object.entries(before.channels)),
    clients: new Map(Object.entries(before.clients)),
    clones: [],
    dropped: [],
    deleted: new Set(before.deleted),
    secrets: [],
    files: [],
    lines: [],
    brought: new Set(),
  };
}

export function wishOf(intent: Intent): string {
  return sha256OfText(canonicalJson(intent));
}

/** What is said is what changes: a change without words is none. */
export function finished(
  { before, channels, clients, clones, dropped, deleted, secrets, files, lines }: Draft,
  intent: Intent,
): Change {
  const { deleted: _former, ...rest } = before;
  const next: HostState =
    lines.length === 0
      ? before
      : {
          ...rest,
          wish: wishOf(intent),
          serial: before.serial + 1,
          channels: Object.fromEntries(sorted(channels)),
          clients: Object.fromEntries(sorted(clients)),
          ...(deleted.size === 0 ? {} : { deleted: [...deleted] }),
        };
  const fresh = [...deleted].filter(({ serial }) => serial === next.serial && next !== before);
  return {
    ...{ next, clones, dropped, secrets, files, lines },
    deleted: fresh.flatMap(({ generations }) => generations),
  };
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
