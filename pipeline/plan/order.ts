/** The order of steps, by what their stages declare: nothing here knows a distribution. */
import type { Diagnostic } from '../../base/failure.js';
import { oneOf } from '../../base/suggest.js';
import type { AnyStage, StageRegistry } from '../stage.js';
import type { PlannedStep } from './planned-step.js';

type Place = NonNullable<AnyStage['place']>;

/** Where a step stands among the others; absent: anywhere between `first` and `late`. */
export type StepPlace = Place | 'after-initramfs';

const RULES: Readonly<Record<Place, { readonly duty: string; readonly hint: string }>> = {
  first: { duty: 'makes the root from nothing', hint: 'Move it to the top of `steps`.' },
  late: { duty: 'generates the initramfs from the finished root', hint: 'Move it below them.' },
  last: { duty: 'cleans the root of what a build leaves behind', hint: 'Move it to the end of `steps`.' },
};
const RANKS: Readonly<Record<StepPlace, number>> = { first: -1, late: 1, 'after-initramfs': 2, last: 3 };

/** A step may not come after one of a greater rank. */
export function rankOf(place: StepPlace | undefined): number {
  return place === undefined ? 0 : RANKS[place];
}

/** The place of a step; `option` tells the value of one of its options. */
export function placeOfStep(stage: AnyStage, option: (name: string) => unknown): StepPlace | undefined {
  if (stage.place !== undefined || stage.afterInitramfs === undefined) return stage.place;
  return option(stage.afterInitramfs) === true ? 'after-initramfs' : undefined;
}

function plannedPlace({ stage, options }: PlannedStep): StepPlace | undefined {
  return placeOfStep(stage, (name) => (options as Readonly<Record<string, unknown>>)[name]);
}

/** What is wrong with the order of these rootfs steps; `place` is where `steps` is written. */
export function checkOrder(
  steps: readonly PlannedStep[],
  registry: StageRegistry,
  place: Diagnostic['place'],
): Diagnostic[] {
  return [
    ...(Object.keys(RULES) as Place[]).flatMap((kind) => checkCount(kind, steps, registry, place)),
    ...misplaced(steps),
    ...beforeInitramfs(steps),
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
    const rank = rankOf(place);
    const wrong =
      place === 'first'
        ? steps.slice(0, index).filter((other) => rankOf(plannedPlace(other)) > rank)
        : steps.slice(index + 1).filter((other) => rankOf(plannedPlace(other)) < rank);
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

/** Steps that ask to stand after the initramfs, and do not. */
function beforeInitramfs(steps: readonly PlannedStep[]): Diagnostic[] {
  return steps.flatMap((step, index) => {
    if (plannedPlace(step) !== 'after-initramfs') return [];
    const late = steps.slice(index + 1).find(({ stage }) => stage.place === 'late');
    if (late === undefined) return [];
    return [
      {
        what: `The step \`${step.id}\` has \`${step.stage.afterInitramfs}: true\`, so its place is after \`${late.id}\`.`,
        place: step.place,
        found: `\`${late.id}\` after it`,
        hint: `Move it below \`${late.id}\`, or remove \`${step.stage.afterInitramfs}\`.`,
      },
    ];
  });
}
