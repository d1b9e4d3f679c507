/** A recipe as the pipeline knows it: loaded, merged, checked and normalised. */

import type { DiskSpec } from '../../artifacts/formats/disk-spec.js';
import type { LoaderSpec } from '../../artifacts/platform/loader.js';
import type { PlatformId } from '../../artifacts/platform/platforms.js';
import type { Diagnostic, SourcePlace } from '../../base/failure.js';
import type { Path } from '../../base/yaml/node.js';
import type { Architecture } from '../recipe-facts.js';

/** One use of a stage. */
export interface RecipeStep {
  /** Unique in the recipe; `uses` unless the recipe gives another. */
  readonly name: string;
  readonly uses: string;
  /** Parsed by the stage's schema. */
  readonly options: unknown;
  readonly place: SourcePlace;
  /** Where an option was written, for findings that come after loading. */
  readonly locate?: (path: Path) => SourcePlace;
}

export interface Recipe {
  readonly name: string;
  /** Of the recipe's package.json. */
  readonly version?: string;
  readonly description: string;
  /** Absolute path. */
  readonly folder: string;
  readonly platform: PlatformId;
  readonly architecture: Architecture;
  /** Seconds since 1970 that stand for every time in the release. */
  readonly epoch: number;
  /** There when a stage of the recipe declares that it reads it. */
  readonly disk?: DiskSpec;
  /** There when it says more than the default. */
  readonly loader?: LoaderSpec;
  readonly kernel: { readonly commandLine: readonly string[] };
  /** Steps that build the root, in order. */
  readonly steps: readonly RecipeStep[];
  /** Steps that follow from the recipe's sections and from what its steps provide: the stages that write the release. */
  readonly outputs?: readonly RecipeStep[];
  /** What is allowed but seldom meant. */
  readonly warnings?: readonly Diagnostic[];
  /** Scripts of the package.json that are hook events, by event. */
  readonly hooks: Readonly<Record<string, string>>;
  /** Absolute paths of all files that were read: recipe.yaml, those it extends, package.json. */
  readonly sources: readonly string[];
  /** sha256 of the normalised recipe, lower-case hex; no path of the host is in it. */
  readonly digest: string;
}

/** 2026-01-01T00:00:00Z: the time in a release whose recipe and environment name none. */
export const DEFAULT_EPOCH = Date.UTC(2026, 0, 1) / 1000;
