/** The order of steps, by what their stages declare: nothing here knows a distribution. */
import type { Diagnostic } from '../artifacts/failure.js';
import type { PlannedStep } from './plan.js';
import type { AnyStage, StageRegistry } from './stage.js';
import { oneOf } from './suggest.js';

type Place = NonNullable<AnyStage['place']>;

const RULES: Readonly<Record<Place, { readonly duty: string; readonly hint: string }>> = {
  first: { duty: 'makes the root from nothing', hint: 'Move it to the top of `steps`.' },
  late: { duty: 'generates the initramfs from the finished root', hint: 'Move it below them.' },
  last: { duty: 'cleans the root of what a build leaves behind', hint: 'Move it to the end of `steps`.' },
};
const RANKS: Readonly<Record<Place, number>> = { first: -1, late: 1, last: 2 };

/** What is wrong with the order of these rootfs steps; `place` is where `steps` is written. */
export function checkOrder(
  steps: readonly PlannedStep[],
  registry: StageRegistry,
  place: Diagnostic['place'],
): Diagnostic[] {
  return [
    ...(Object.keys(RULES) as Place[]).flatMap((kind) => checkCount(kind, steps, registry, place)),
    ...misplaced(steps),
  ];
}

function checkCount(
  kind: Place,
  steps: readonly PlannedStep[],
  registry: StageRegistry,
  place: Diagnostic['place'],
): Diagnostic[] {
  const names = [...registry.values()].filter((stage) => stage.place === kind).map((stage) => stage.name);
  const found = steps.filter((step) => step.stage.place === kind);
  const [first, ...others] = found;
  if (first === undefined && names.length > 0) {
    return [
      {
        what: `No step ${RULES[kind].duty}.`,
        ...(place === undefined ? {} : { place }),
        expected: `one step that uses ${oneOf(names)}`,
      },
    ];
  }
  return others.map((step) => ({
    what: `\`${first?.id}\` and \`${step.id}\` both do what one step of a recipe does: it ${RULES[kind].duty}.`,
    place: step.place,
    hint: 'Remove one of them.',
  }));
}

function misplaced(steps: readonly PlannedStep[]): Diagnostic[] {
  return steps.flatMap((step, index) => {
    const { place } = step.stage;
    if (place === undefined) return [];
    const rank = RANKS[place];
    const rankOf = (other: PlannedStep) => (other.stage.place === undefined ? 0 : RANKS[other.stage.place]);
    const wrong =
      place === 'first'
        ? steps.slice(0, index).filter((other) => rankOf(other) > rank)
        : steps.slice(index + 1).filter((other) => rankOf(other) < rank);
    if (wrong.length === 0) return [];
    const { duty, hint } = RULES[place];
    const which = wrong.map((other) => `\`${other.id}\``).join(', ');
    const found = `${which} ${place === 'first' ? 'before' : 'after'} it`;
    return [
      {
        what: `The step \`${step.id}\` ${duty}, so its place is ${place === 'first' ? 'at the beginning' : 'at the end'}.`,
        place: step.place,
        found,
        hint,
      },
    ];
  });
}
