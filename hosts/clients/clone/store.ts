/** What each kind of storage does for the LUNs of clients. */

import type { Manifest } from '../../../artifacts/release/manifest.js';
import type { Ports } from '../../../base/ports.js';
import type { CloneName } from './names.js';
import type { Space } from './space.js';

export type CloneRequest = CopyRequest | BlankRequest;

/** A LUN that is a copy of the image of a release. */
export interface CopyRequest extends CloneName {
  /** Digest of a release that is on the host. */
  readonly release: string;
  /** Path of its LUN image, relative to the release. */
  readonly from: string;
  /** Its image is never written to: all clients of the release share the image itself. */
  readonly shared?: true;
  readonly filled?: never;
  /** Its disk. */
  readonly disk: Manifest['disk'];
  /** Of the LUN, a multiple of 1 MiB; at least `disk.bytes`. */
  readonly bytes: number;
}

/** A LUN with nothing on it, or with what was kept of one. */
export interface BlankRequest extends CloneName {
  readonly bytes: number;
  /** What is put on it before it has its name: how many bytes, and their digest. */
  readonly filled?: { readonly bytes: number; readonly sha256: string };
  readonly release?: never;
  readonly from?: never;
  readonly shared?: never;
  readonly disk?: never;
}

/** A LUN that lies on the host. */
export interface Clone extends CloneName {
  /** Absolute path on the host. */
  readonly disk: string;
  /** It was not finished: it is not in use, and can go. */
  readonly partial: boolean;
  /** Its size. */
  readonly bytes: number;
  /** Bytes that it takes; those that it shares with others count in each. */
  readonly allocated: number;
}

/** How far the copy of an image is, in bytes that are not holes. */
export interface Copied {
  readonly done: number;
  readonly total: number;
}

export interface ClonePorts extends Pick<Ports, 'emit'> {
  /** Told now and then while an image is copied; never where a LUN shares the blocks of its image. */
  readonly copied?: (so: Copied) => void;
}

export interface CloneStore {
  /** The size of a LUN in bytes; undefined when there is none. */
  size(name: CloneName): Promise<number | undefined>;
  /** What is known to keep LUNs that are not there from being made. @throws Failure of kind `space` or `host` */
  check(requests: readonly CloneRequest[]): Promise<void>;
  /**
   * Makes a LUN that is not there; one that was begun before makes room.
   * @param write fills one that has nothing on it, at that path, before it has its name
   */
  make(request: CloneRequest, ports: ClonePorts, write?: (path: string) => Promise<void>): Promise<void>;
  /** Removes a LUN and what was begun of it; one that is not there is no error. */
  remove(name: CloneName): Promise<void>;
  /** Removes only what was begun of a LUN. */
  discard(name: CloneName): Promise<void>;
  /** In the order of their paths. */
  list(): Promise<readonly Clone[]>;
  /** @param resting paths of LUNs that no client has: they take no more than they have */
  space(resting: ReadonlySet<string>): Promise<Space>;
  /** Digests of the releases of which a volume is kept to make snapshots of, and of those of which one was begun. */
  seeds(): Promise<readonly string[]>;
  /** Removes such a volume; one that is not there is no error. */
  removeSeed(release: string): Promise<void>;
}
