/** The stages and distributions that builds know, and where their code is. */
import type { DistributionRegistry } from '../pipeline/distribution.js';
import type { StageRegistry } from '../pipeline/stage.js';
import { distributions, topicModule } from '../stages/distribution/index.js';
import { stageModule, stages } from '../stages/index.js';

export interface Registry {
  /**
   * The module that exports it as `registry`, relative to the project's compiled root: stages cannot travel between processes,
   * so what runs inside a sandbox reads them from there.
   */
  readonly module: string;
  readonly stages: StageRegistry;
  readonly distributions: DistributionRegistry;
  readonly stageModule: (stage: string) => URL;
  readonly topicModule: (distribution: string, topic: string) => URL;
}

export const registry: Registry = {
  module: 'app/registry.js',
  stages,
  distributions,
  stageModule,
  topicModule,
};
