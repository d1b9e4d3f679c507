/**
 * Packages by their exact identity: what a stage resolves a request to, what a lock writes down, and what a step is
 * handed from the pool. Nothing here knows a package manager.
 */

import { z } from 'zod';
import type { Ports } from '../../base/ports.js';
import type { KnownDistribution } from '../distribution.js';
import type { Architecture, RecipeFacts } from '../recipe-facts.js';

/** One package file of an archive. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** As the archive names it; `all` included. */
  readonly architecture: string;
  /** Size of the package file. */
  readonly bytes: number;
  /** Of the package file, lower-case hex. */
  readonly sha256: string;
  /** Which archive of the step's has it, e.g. `main` or `security`; the lock names no host. */
  readonly archive: string;
  /** Path below the archive's URL. */
  readonly path: string;
  /** What the archive's index says where that may differ from the package's own word, e.g. `{ Priority: 'required' }`. */
  readonly index?: Readonly<Record<string, string>>;
}

/** Base URLs by archive: of each the servers that are asked for its files, one after the other. */
export type ArchiveUrls = Readonly<Record<string, readonly string[]>>;

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 in lower-case hex');

/** A {@link LockedPackage} as it is written down. */
export const lockedPackageSchema = z.strictObject({
  name: z.string().min(1).describe("The package's name."),
  version: z.string().min(1).describe('Its version.'),
  architecture: z.string().min(1).describe('Its architecture, as the archive names it.'),
  archive: z.string().min(1).describe('Which archive of the step has it.'),
  bytes: z.int().min(0).describe('Size of the package file.'),
  sha256: sha256Schema.describe('Digest of the package file.'),
  path: z
    .string()
    .regex(/^(?!\/)(?!.*(^|\/)\.\.?(\/|$)).+$/, 'a relative path without `.` and `..`')
    .describe("Path below the archive's URL."),
  index: z.record(z.string(), z.string()).optional().describe('What the index of the archive says.'),
});

/** A signed index that packages were resolved against. */
export interface LockedIndex {
  readonly archive: string;
  readonly suite: string;
  /** The index's own date, RFC 3339 in UTC. */
  readonly date: string;
  /** Of the signed file, lower-case hex. */
  readonly sha256: string;
}

/** What a resolution rests on beside its request: while all of it is the same, so is the answer. */
export interface ResolutionBasis {
  /** Keyrings and the like of this host, by absolute path. */
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
  /** Signed indexes where the archive has them; `until`: when they cease to be valid, RFC 3339 in UTC. */
  readonly indexes: readonly { readonly url: string; readonly sha256: string; readonly until?: string }[];
}

/** What a step's request comes to. */
export interface Resolution {
  /** Sorted by name, then architecture; those that earlier steps brought are not repeated. */
  readonly packages: readonly LockedPackage[];
  /** Of the first step of a foreign root: packages of native tools, which are not installed (native-tools.ts). */
  readonly tools?: readonly LockedPackage[];
  readonly indexes: readonly LockedIndex[];
  /** Why each is there, by its name, as a phrase: `dependency of openssh-server`. No lock keeps it. */
  readonly reasons?: Readonly<Record<string, string>>;
  /** Absent: it is not known whether the answer would be the same another time. No lock keeps it. */
  readonly basis?: ResolutionBasis;
  /** What the `resolve` of later steps needs to know; a JSON value that no lock keeps. */
  readonly carry?: unknown;
}

export interface Preference {
  readonly packages: readonly LockedPackage[];
  readonly tools?: readonly LockedPackage[];
  /** What they were resolved against. */
  readonly indexes: readonly LockedIndex[];
}

export interface ResolveContext<Options> extends Ports {
  readonly options: Options;
  readonly recipe: RecipeFacts;
  /** Of which architecture tools for a foreign root are wanted; absent: none. */
  readonly native?: Architecture;
  /** As in the context of `run`. */
  readonly distribution: KnownDistribution | undefined;
  /** The mirror that the user chose on the command line or by environment, if any. */
  readonly mirror: string | undefined;
  /** Absolute path of a folder that is kept between calls of all recipes: indexes that need not be fetched again. */
  readonly state: string;
  /** Nothing is fetched: the newest indexes that are kept answer. A stage that has none fails with the kind `network`. */
  readonly offline?: boolean;
  /** Indexes that the lock before was written with, whatever of its packages is wanted again. */
  readonly locked?: readonly LockedIndex[];
  /** What the archives ask for before they hand out files, by the stage's `credentials`: apt_auth.conf(5). */
  readonly credentials?: string;
  /** Absolute path of a folder on a private tmpfs; absent: there is none. */
  readonly temporary?: string;
  /** Resolutions of the steps before, in order. */
  readonly before: readonly Resolution[];
  /** An earlier lock's packages, which are chosen again where the request allows it and the suites are the same. */
  readonly prefer?: Preference;
}

/** A package whose file lies in the pool; it was checked against its digest. */
export interface PooledPackage extends LockedPackage {
  /** Absolute path. */
  readonly file: string;
}
