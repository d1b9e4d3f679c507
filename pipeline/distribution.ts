/** What the pipeline knows of a distribution. `stages/distribution/` fills it, and knows the rest. */
import type { ToolNeed } from './tool-need.js';

export interface KnownDistribution {
  /** Also the name of the folder that holds its topics. */
  readonly id: string;
  /** Programs of the host that a topic needs, by topic. */
  readonly tools: Readonly<Record<string, readonly ToolNeed[]>>;
}

/** Distributions by their ids. */
export type DistributionRegistry = ReadonlyMap<string, KnownDistribution>;
