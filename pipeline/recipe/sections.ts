/** The sections of a recipe that hold options of output stages, and which of these stages are part of its build. */
import type { z } from 'zod';
import { notBuiltWord } from '../../artifacts/platform/not-built.js';
import type { Diagnostic } from '../../base/failure.js';
import { validate } from '../../base/schema/validate.js';
import {
  child,
  locate,
  type MapNode,
  type Path,
  pickKeys,
  placeAt,
  placeOfLocated,
  textAt,
  withEntries,
} from '../../base/yaml/node.js';
import { placeOf } from '../../base/yaml/source.js';
import type { AnyStage, StageRegistry } from '../stage.js';
import type { RecipeStep } from './recipe.js';
import { diskSchema } from './schema.js';

/** Keys of a section that are the recipe's own, whatever stage has its options beside them. */
const OWN_KEYS: ReadonlyMap<string, readonly string[]> = new Map([['disk', Object.keys(diskSchema.shape)]]);

/** The keys of a recipe under which output stages have their options. */
export function stageSections(registry: StageRegistry): string[] {
  return [...new Set(outputStages(registry).flatMap(({ section = [] }) => section))];
}

/** The stages that the steps use, then the output stages that are part of the build. */
export function usedStages(root: MapNode, registry: StageRegistry): AnyStage[] {
  const list = child(root, 'steps');
  const steps = (list?.kind === 'list' ? list.items : []).flatMap((item) => {
    const stage = registry.get(textAt(item, 'uses') ?? '');
    return stage?.kind === 'rootfs' ? [stage] : [];
  });
  const provided = new Set(steps.flatMap(({ provides = [] }) => provides));
  const outputs = outputStages(registry).filter(
    ({ section, requires = [] }) =>
      (section !== undefined && root.entries.has(section)) || requires.some((thing) => provided.has(thing)),
  );
  return [...steps, ...outputs];
}

/** The steps of these output stages, with the options of their sections. */
export function readOutputs(
  root: MapNode,
  outputs: readonly AnyStage[],
  problems: Diagnostic[],
): RecipeStep[] {
  return outputs.flatMap((stage) => {
    const { name, section } = stage;
    const under = section === undefined ? [] : [section];
    const alsoKnown = OWN_KEYS.get(section ?? '') ?? [];
    const written = section === undefined ? withEntries(root, new Map()) : child(root, section);
    const value = written?.kind === 'map' ? pickKeys(written, (key) => !alsoKnown.includes(key)) : written;
    const options = validate(
      stage.options as z.ZodType,
      { root, under, alsoKnown, refused: notBuiltWord, ...(value === undefined ? {} : { value }) },
      problems,
    );
    if (options === undefined) return [];
    const located = locate(root, under);
    const place = located.key === undefined ? placeOfLocated(located) : placeOf(located.key);
    return [{ name, uses: name, options, place, locate: (to: Path) => placeAt(root, [...under, ...to]) }];
  });
}

/** The recipe without the keys that are options of an output stage: what `recipeSchema` describes. */
export function withoutOutputKeys(root: MapNode, registry: StageRegistry): MapNode {
  const sections = stageSections(registry);
  const entries = [...root.entries].flatMap(([key, entry]) => {
    const own = OWN_KEYS.get(key);
    if (key === 'extends' || (sections.includes(key) && own === undefined)) return [];
    if (!sections.includes(key) || own === undefined || entry.value.kind !== 'map')
      return [[key, entry] as const];
    return [[key, { ...entry, value: pickKeys(entry.value, (one) => own.includes(one)) }] as const];
  });
  return withEntries(root, new Map(entries));
}

function outputStages(registry: StageRegistry): AnyStage[] {
  return [...registry.values()].filter(({ kind }) => kind === 'output');
}
