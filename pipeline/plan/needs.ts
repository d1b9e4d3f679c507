/** What a step provides, requires and changes, and what follows for the order of two steps. */
import type { AnyStage } from '../stage.js';

export interface Needs {
  readonly provides: readonly string[];
  readonly requires: readonly string[];
  readonly changes: readonly string[];
  /** The option by which these differ from what the stage says of all its steps. */
  readonly option?: string;
}

const NOTHING: Needs = { provides: [], requires: [], changes: [] };

/** Of a step of this stage; `option` tells the value of one of its options. */
export function needsOf(stage: AnyStage | undefined, option: (name: string) => unknown): Needs {
  if (stage === undefined) return NOTHING;
  const { provides = [], requires = [], changes = [], withOption } = stage;
  if (withOption === undefined || option(withOption.name) !== true) return { provides, requires, changes };
  return { provides, requires: withOption.requires, changes: withOption.changes, option: withOption.name };
}

/** All that a step needs to be there: what it requires and what it changes. */
export function neededBy({ requires, changes }: Needs): string[] {
  return [...new Set([...requires, ...changes])];
}

/** What must be done before something that is required is finished, but not before it is changed. */
export function contributes(step: Needs, other: Needs): string[] {
  return neededBy(other).filter(
    (thing) =>
      step.provides.includes(thing) || (step.changes.includes(thing) && other.requires.includes(thing)),
  );
}
