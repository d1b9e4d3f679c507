/** What is wished of a target host, what is known beside its state, and what comes of it. */
import type { CloneRequest } from '../clients/clone.js';
import type { Generation, HostState } from '../host/state.js';
import type { ReleaseThere } from '../publish/releases-there.js';
import type { ClientFacts, HostFacts } from '../site/facts.js';
import type { IscsiSession } from '../target/adapter.js';

export type Intent =
  | ChannelIntent
  | ClientIntent
  /** Of as many clients, all in one change: all of them are fulfilled, or none. */
  | { readonly kind: 'several'; readonly intents: readonly ClientIntent[] };

/** The clients that a promotion is about: see staged.ts. At most one of both; neither: all of the channel. */
export interface Stage {
  /** Names of clients. */
  readonly only?: readonly string[];
  /** Of the channel's clients, 1 to 100, at least one client. The part of a larger number holds that of a smaller one. */
  readonly percent?: number;
}

export type ChannelIntent =
  | ({ readonly kind: 'promote'; readonly channel: string; readonly release: string } & Stage)
  /** `from`: digest of the release that it leaves; absent: whichever the channel is at. */
  | { readonly kind: 'rollback'; readonly channel: string; readonly from?: string };

/** `purge`: what is taken from the client is removed at once, and cannot be brought back. */
export type ClientIntent =
  /** Adds a client, or brings it to what the site says of it now. */
  | { readonly kind: 'add'; readonly client: ClientFacts }
  | { readonly kind: 'remove'; readonly client: string; readonly purge?: true }
  /** A fresh clone of the same release. Without `image`: all its images. */
  | { readonly kind: 'reset'; readonly client: string; readonly image?: string; readonly purge?: true }
  /** A fresh clone of the release that the channel is at. `state`: what becomes of the clone that it has. */
  | {
      readonly kind: 'rebase';
      readonly client: string;
      readonly image?: string;
      readonly state: 'keep' | 'discard';
      readonly purge?: true;
    }
  /**
   * Brings back the LUNs that were taken from it last, and the client with them; `change`: by the change of that serial. Without
   * `image`: of all its images.
   */
  | {
      readonly kind: 'undelete';
      readonly client: ClientFacts;
      readonly image?: string;
      readonly change?: number;
    }
  /** Gives it a LUN with what was kept of one (without `image`: for the image that it was of); the one that it has is taken from it. */
  | {
      readonly kind: 'restore';
      readonly client: string;
      readonly image?: string;
      readonly lun: KeptLun;
      readonly purge?: true;
    }
  /** Removes what could be brought back of it. */
  | { readonly kind: 'purge'; readonly client: string }
  /**
   * Begins the maintenance of an image (without `image`: of the first): a clone of its own that no promotion moves, to be changed by hand
   * and captured.
   */
  | { readonly kind: 'maintain'; readonly client: string; readonly image?: string }
  /** Ends it (without `image`: of the image that is in maintenance): what the client booted before, or what its channel is at by now. */
  | { readonly kind: 'resume'; readonly client: string; readonly image?: string; readonly purge?: true }
  /** Reads the client's secret again. */
  | { readonly kind: 'rotate'; readonly client: ClientFacts }
  /** What it boots at its next start instead of its first image; without `image`: the first again. */
  | { readonly kind: 'next'; readonly client: string; readonly image?: string };

/** What was kept of a LUN outside of its host, but for its content. */
export interface KeptLun {
  /** Whose it was, by the names of the client and of the image. */
  readonly client: string;
  readonly image: string;
  /** It was no clone: it had begun with nothing on it. */
  readonly blank: boolean;
  /** Which it is a clone of, or that of the installer beside it. */
  readonly release?: { readonly digest: string; readonly recipe: string };
  /** Of the LUN. */
  readonly bytes: number;
  /** Bytes of it that are no holes, and their sha256. */
  readonly data: number;
  readonly sha256: string;
}

/** What is known beside the state. */
export interface About {
  readonly host: HostFacts;
  /** Those of the site. */
  readonly channels: readonly string[];
  /** At least those that {@link releasesNeeded} names, where they are on the host; by digest. */
  readonly releases: ReadonlyMap<string, ReleaseThere>;
  readonly sessions: readonly IscsiSession[];
  /** Names of the clients, among those that come with the wish, whose files have another content than on the host. */
  readonly filesChanged: ReadonlySet<string>;
  /** Where a clone will lie on the host. */
  disk(clone: Pick<CloneRequest, 'client' | 'image' | 'generation' | 'release' | 'from'>): string;
  /** RFC 3339, UTC. */
  readonly now: string;
  /** RFC 3339, UTC, by the clock of the host: what is kept for a time is kept by it. */
  readonly clock: string;
}

export interface Change {
  /** The same object as the state that was, when nothing changes. */
  readonly next: HostState;
  readonly clones: readonly CloneRequest[];
  /** LUNs that are not needed any more. */
  readonly dropped: readonly Generation[];
  /** LUNs that no client has any more, and that can be brought back for a time. */
  readonly deleted: readonly Generation[];
  /** Clients whose secrets are to be read and kept on the host. */
  readonly secrets: readonly ClientFacts[];
  /** Clients the contents of whose files are to be kept on the host anew. */
  readonly files: readonly ClientFacts[];
  /** One for each thing that changes. */
  readonly lines: readonly string[];
  /** The same wish had led to the state that is, and its call was cut off: what follows from it is finished, and nothing else. */
  readonly finishes?: true;
}
