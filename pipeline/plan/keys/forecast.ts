/** What a build would do: each step taken from the store or run, and why. */

import type { Store } from '../../store/store.js';
import { explainMiss, type InputChange } from './explain.js';
import type { Keyed, KeyedPlan, KeyedStep } from './fingerprint.js';

export interface StepForecast {
  readonly id: string;
  readonly title: string;
  readonly key: string;
  readonly state: 'cached' | 'run';
  /** Of a step that runs: what changed since the newest entry of it; empty when there is none. */
  readonly changes: readonly InputChange[];
  /** Whether the store has an entry of this step with other inputs. */
  readonly known: boolean;
  /** Seconds that the newest entry of this step took. */
  readonly seconds?: number;
  /** Parts of it that are kept. */
  readonly kept: readonly string[];
}

/** Looks into the store without checking for damage; writes nothing. */
export async function forecast({ plan, steps }: KeyedPlan, store: Store): Promise<StepForecast[]> {
  const found = await Promise.all(steps.map(async (step) => (await store.find(step.key)) !== undefined));
  return Promise.all(
    steps.map(async (step, index): Promise<StepForecast> => {
      const { id, title, key } = step;
      const last = await store.last(plan.recipe.name, id);
      const cached = found[index] === true;
      const state = cached ? 'cached' : 'run';
      return {
        id,
        title,
        key,
        state,
        known: last !== undefined,
        changes:
          state !== 'run' || last === undefined || last.key === key
            ? []
            : explainMiss(last.inputs, step.inputs),
        kept: cached ? [] : await keptParts(step, store),
        ...(last === undefined ? {} : { seconds: last.seconds }),
      };
    }),
  );
}

async function keptParts({ parts }: KeyedStep, store: Store): Promise<string[]> {
  const kept = await Promise.all(
    Object.entries(parts).map(async ([name, { key }]: [string, Keyed]) =>
      (await store.find(key)) === undefined ? [] : [name],
    ),
  );
  return kept.flat();
}
