/** Whether all is there that the steps need, and in an order that works, by what their stages declare. */
import type { Diagnostic } from '../../base/failure.js';
import { oneOf } from '../../base/suggest.js';
import type { StageRegistry } from '../stage.js';
import { contributes, type Needs, neededBy, needsOf } from './needs.js';
import type { PlannedStep } from './planned-step.js';

interface Placed extends Needs {
  readonly step: PlannedStep;
}

/** What is wrong with these steps together, in the order in which they run. */
export function checkOrder(steps: readonly PlannedStep[], registry: StageRegistry): Diagnostic[] {
  const all = steps.map((step) => {
    const options = step.options as Readonly<Record<string, unknown>>;
    return { step, ...needsOf(step.stage, (name) => options[name]) };
  });
  return [...missing(all, registry), ...twice(all), ...misplaced(all)];
}

/** Things that no step provides; those that one stage would provide together are told once. */
function missing(all: readonly Placed[], registry: StageRegistry): Diagnostic[] {
  const provided = new Set(all.flatMap(({ provides }) => provides));
  const told = new Set<string>();
  return all.flatMap((placed) =>
    neededBy(placed).flatMap((thing) => {
      const makers = [...registry.values()].filter(({ provides = [] }) => provides.includes(thing));
      const names = makers.map(({ name }) => name);
      const key = names.length === 0 ? thing : names.join();
      if (provided.has(thing) || told.has(key)) return [];
      told.add(key);
      const next = all.find((other) =>
        makers.some(
          (maker) =>
            contributes(
              needsOf(maker, () => undefined),
              other,
            ).length > 0,
        ),
      );
      const above = next?.step.stage.kind === 'rootfs' ? next : undefined;
      const last = all.findLast(({ step }) => step.stage.kind === 'rootfs');
      return [
        {
          what: `No step provides the ${thing}, which \`${placed.step.id}\` needs.`,
          place: (above ?? last ?? placed).step.place,
          ...(names.length === 0
            ? {}
            : {
                expected: `one step that uses ${oneOf(names)}`,
                hint: `Add it ${above === undefined ? 'at the end of `steps`' : `above \`${above.step.id}\``}.`,
              }),
        },
      ];
    }),
  );
}

function twice(all: readonly Placed[]): Diagnostic[] {
  return all.flatMap(({ step, provides }, index) => {
    const thing = provides.find((one) => all.slice(0, index).some((other) => other.provides.includes(one)));
    if (thing === undefined) return [];
    const first = all.find((other) => other.provides.includes(thing));
    return [
      {
        what: `\`${first?.step.id}\` and \`${step.id}\` both provide the ${thing}, which one step of a recipe does.`,
        place: step.place,
        hint: 'Remove one of them.',
      },
    ];
  });
}

function misplaced(all: readonly Placed[]): Diagnostic[] {
  const tooLate = new Map(all.flatMap((placed, index) => providesTooLate(placed, index, all)));
  return [
    ...tooLate.values(),
    ...all.flatMap((placed, index) =>
      comesTooEarly(
        placed,
        all.slice(index + 1).filter(({ step }) => !tooLate.has(step)),
      ),
    ),
  ];
}

/** The one step that is misplaced when all that need what it provides stand before it. */
function providesTooLate(
  placed: Placed,
  index: number,
  all: readonly Placed[],
): (readonly [PlannedStep, Diagnostic])[] {
  const { step, provides } = placed;
  const thing = provides.find((one) => {
    const users = all.map((other) => neededBy(other).includes(one));
    return users.slice(0, index).filter(Boolean).length > 1 && !users.slice(index).includes(true);
  });
  if (thing === undefined) return [];
  const users = all.slice(0, index).filter((other) => neededBy(other).includes(thing));
  const diagnostic = {
    what: `The step \`${step.id}\` provides the ${thing}, so its place is before all steps that need it.`,
    place: step.place,
    found: `${namesOf(users)} before it`,
    hint: `Move it above \`${users[0]?.step.id}\`.`,
  };
  return [[step, diagnostic]];
}

/** What a step needs and only later ones make or finish. */
function comesTooEarly(placed: Placed, later: readonly Placed[]): Diagnostic[] {
  const { step, option } = placed;
  const wrong = later.filter((other) => contributes(other, placed).length > 0);
  const [first] = wrong;
  const [thing] = first === undefined ? [] : contributes(first, placed);
  if (first === undefined || thing === undefined) return [];
  const provider = wrong.find(({ provides }) => provides.includes(thing));
  const { requires = [], changes = [] } = step.stage;
  const byOption = option !== undefined && ![...requires, ...changes].includes(thing);
  const below = `Move it below \`${wrong.at(-1)?.step.id}\``;
  const why = byOption
    ? `has \`${option}: true\`, so its place is after \`${first.step.id}\`.`
    : provider === undefined
      ? `needs the finished ${thing}, so its place is after all steps that change it.`
      : `needs the ${thing}, so its place is after \`${provider.step.id}\`.`;
  return [
    {
      what: `The step \`${step.id}\` ${why}`,
      place: step.place,
      found: `${namesOf(wrong)} after it`,
      hint: byOption ? `${below}, or remove \`${option}\`.` : `${below}.`,
    },
  ];
}

function namesOf(placed: readonly Placed[]): string {
  return placed.map(({ step }) => `\`${step.id}\``).join(', ');
}
