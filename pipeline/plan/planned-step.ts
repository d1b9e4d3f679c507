/** A step as the plan has it. */
import type { SourcePlace } from '../../base/failure.js';
import type { AnyStage } from '../stage.js';

export interface PlannedStep {
  /** The step's name in the recipe; for output steps the stage's. */
  readonly id: string;
  readonly stage: AnyStage;
  readonly options: unknown;
  readonly place: SourcePlace;
  /** What a person reads while it runs. */
  readonly title: string;
}
