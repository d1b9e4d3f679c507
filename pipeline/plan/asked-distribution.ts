/** The distribution of a step's root tree, of which asking for an undeclared topic fails: it would be missing in the step's key. */
import { Failure } from '../../base/failure.js';
import { GUARD, type KnownDistribution } from '../distribution.js';
import type { PlannedStep } from './planned-step.js';

export function askedDistribution({
  stage,
  distribution,
}: Pick<PlannedStep, 'stage' | 'distribution'>): KnownDistribution | undefined {
  if (distribution === undefined) return undefined;
  const declared = new Set<string | symbol>(['id', GUARD, ...(stage.asks ?? [])]);
  return new Proxy(distribution, {
    get: (target, name) => {
      if (declared.has(name)) return target[name as keyof KnownDistribution];
      throw new Failure('internal', {
        what: `The stage ${stage.name} asks its distribution for ${String(name)} and does not declare it in \`asks\`: its step's key would miss it.`,
      });
    },
  });
}
