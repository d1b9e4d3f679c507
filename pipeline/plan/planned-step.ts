/** A step as the plan has it. */
import type { SourcePlace } from '../../base/failure.js';
import type { KnownDistribution } from '../distribution.js';
import type { RecipeFacts } from '../recipe-facts.js';
import type { AnyStage, ToolNeed } from '../stage.js';

export interface PlannedStep {
  /** The step's name in the recipe; for output steps the stage's. */
  readonly id: string;
  readonly stage: AnyStage;
  readonly options: unknown;
  /** That of the root tree, which the first step makes. */
  readonly distribution?: KnownDistribution | undefined;
  /** What runs its programs, if the root tree is of another architecture than this host. */
  readonly emulator?: ToolNeed | undefined;
  readonly place: SourcePlace;
  /** What a person reads while it runs. */
  readonly title: string;
}

/** What a step needs of the host: for itself, for what it asks its distribution, and to run the programs of its tree. */
export function toolsOfStep(
  {
    stage,
    options,
    distribution,
    emulator,
  }: Pick<PlannedStep, 'stage' | 'options' | 'distribution' | 'emulator'>,
  recipe: RecipeFacts,
): ToolNeed[] {
  const topics = stage.asks ?? [];
  return [
    ...stage.tools,
    ...(stage.toolsFor?.(options, recipe) ?? []),
    ...topics.flatMap((topic) => distribution?.tools[topic] ?? []),
    ...(emulator === undefined ? [] : [emulator]),
  ];
}
