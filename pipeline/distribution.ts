/** What the pipeline knows of a distribution. `stages/distribution/` fills it, and knows the rest. */
import type { NativeTools } from './native-tools.js';
import type { ToolNeed } from './tool-need.js';

/** A program that stands in the tree for as long as commands of a step run there; no layer keeps it. */
export interface GuardFile {
  /** Absolute path in the tree. What the tree has there already stays. */
  readonly path: string;
  readonly text: string;
  /** What it does, for a warning when an image still holds one: `decides whether packages may start services`. */
  readonly purpose: string;
}

/** What keeps services from starting and the initramfs from being generated while packages come and go. */
export interface ChrootGuard {
  readonly files: readonly GuardFile[];
  /** Programs by name that do nothing for package work, which has their folder, /run/lunsmith/bin, first in its PATH. */
  readonly silenced: readonly string[];
  /** Environment of a recipe's own scripts. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The topic whose code is in the key of every step: all of them may run commands in the tree. */
export const GUARD = 'guard';
/** The topic whose code is in the key of every step of a foreign root. */
export const NATIVE = 'native';

export interface KnownDistribution {
  readonly guard: ChrootGuard;
  /** Absent: all programs of a foreign root are emulated. */
  readonly native?: NativeTools;
  /** Also the name of the folder that holds its topics. */
  readonly id: string;
  /** Programs of the host that a topic needs, by topic. */
  readonly tools: Readonly<Record<string, readonly ToolNeed[]>>;
}

/** Distributions by their ids. */
export type DistributionRegistry = ReadonlyMap<string, KnownDistribution>;
