/** The steps of a recipe: each found its stage, and its options parsed by the stage's schema. */
import { relative, resolve } from 'node:path';
import type { z } from 'zod';
import type { Diagnostic } from '../../base/failure.js';
import { validate } from '../../base/schema/validate.js';
import { didYouMean, oneOf } from '../../base/suggest.js';
import type { MapNode, Node, Path } from '../../base/yaml/node.js';
import {
  child,
  locate,
  pickKeys,
  placeAt,
  placeOfLocated,
  textAt,
  withEntries,
} from '../../base/yaml/node.js';
import { placeOf } from '../../base/yaml/source.js';
import type { AnyStage, StageRegistry } from '../stage.js';
import { OUTPUT_STAGES, type RecipeStep } from './recipe.js';
import { diskSchema } from './schema.js';

const OWN_DISK_KEYS = Object.keys(diskSchema.shape);

/** All steps whose stage is known and whose options are right; the rest is told in `problems`. `folder` is the recipe's. */
export function readSteps(
  root: MapNode,
  folder: string,
  registry: StageRegistry,
  problems: Diagnostic[],
): RecipeStep[] {
  const list = child(root, 'steps');
  if (list?.kind !== 'list') return [];
  const seen = new Set<string>();
  return list.items.flatMap((item, index) => {
    const uses = textAt(item, 'uses');
    if (uses === undefined) return [];
    const path: Path = ['steps', index];
    const name = textAt(item, 'name') ?? uses;
    const stage = registry.get(uses);
    if (stage === undefined || stage.kind === 'output') {
      problems.push(noStep(uses, placeAt(root, [...path, 'uses']), registry));
      return [];
    }
    if (seen.has(name)) {
      const place = placeAt(root, [...path, textAt(item, 'name') === undefined ? 'uses' : 'name']);
      problems.push({
        what: `Two steps are named \`${name}\`.`,
        place,
        hint: 'Give one of them another `name:`.',
      });
    } else if (Object.hasOwn(OUTPUT_STAGES, name)) {
      problems.push({
        what: `\`${name}\` is the name of a step that every build has.`,
        place: placeAt(root, [...path, 'name']),
        hint: 'Choose another name.',
      });
    }
    seen.add(name);
    const under = [...path, 'with'];
    const parsed = validate(stage.options as z.ZodType, { root, under }, problems);
    if (parsed === undefined) return [];
    const options = rebaseInputs(parsed, child(item, 'with'), stage, folder);
    return [
      {
        name,
        uses,
        options,
        place: placeAt(root, [...path, 'uses']),
        locate: (to: Path) => placeAt(root, [...under, ...to]),
      },
    ];
  });
}

/** The steps that follow from `disk` and `boot`, for the output stages that the registry has. */
export function readOutputs(root: MapNode, registry: StageRegistry, problems: Diagnostic[]): RecipeStep[] {
  return Object.entries(OUTPUT_STAGES).flatMap(([uses, section]) => {
    const stage = registry.get(uses);
    if (stage === undefined) return [];
    const under = [section];
    const written = child(root, section);
    const value =
      written?.kind === 'map' && section === 'disk'
        ? pickKeys(written, (key) => !OWN_DISK_KEYS.includes(key))
        : written;
    const alsoKnown = section === 'disk' ? OWN_DISK_KEYS : [];
    const options = validate(
      stage.options as z.ZodType,
      { root, under, alsoKnown, ...(value === undefined ? {} : { value }) },
      problems,
    );
    if (options === undefined) return [];
    const located = locate(root, under);
    const place = located.key === undefined ? placeOfLocated(located) : placeOf(located.key);
    return [{ name: uses, uses, options, place, locate: (to: Path) => placeAt(root, [...under, ...to]) }];
  });
}

/** The recipe without the keys that are options of an output stage: what `recipeSchema` describes. */
export function withoutOutputKeys(root: MapNode, registry: StageRegistry): MapNode {
  const own = pickKeys(
    root,
    (key) => key !== 'extends' && !(key === 'boot' && registry.has('boot-artifacts')),
  );
  const disk = own.entries.get('disk');
  if (disk?.value.kind !== 'map' || !registry.has('lun-image')) return own;
  const value = pickKeys(disk.value, (key) => OWN_DISK_KEYS.includes(key));
  return withEntries(own, new Map(own.entries).set('disk', { ...disk, value }));
}

/**
 * Paths that an extended recipe wrote are relative to its own folder, but stages see only this recipe's. So an inherited
 * option that is one of the step's inputs, alone or after a scheme such as `file:`, is rewritten to lead from here to
 * the same file.
 */
function rebaseInputs(options: unknown, written: Node | undefined, stage: AnyStage, folder: string): unknown {
  const inputs = new Set(stage.inputs?.(options) ?? []);
  const visit = (value: unknown, node: Node | undefined): unknown => {
    if (node === undefined || inputs.size === 0) return value;
    if (Array.isArray(value))
      return value.map((item, index) => visit(item, node.kind === 'list' ? node.items[index] : undefined));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [key, visit(inner, child(node, key))]),
      );
    }
    const [, scheme = '', path = ''] = /^([a-z]+:)?(.*)$/s.exec(typeof value === 'string' ? value : '') ?? [];
    if (node.source.folder === folder || !inputs.has(path)) return value;
    return scheme + relative(folder, resolve(node.source.folder, path));
  };
  return visit(options, written);
}

function noStep(uses: string, place: Diagnostic['place'], registry: StageRegistry): Diagnostic {
  const at = place === undefined ? {} : { place };
  if (registry.has(uses)) {
    const section = Object.entries(OUTPUT_STAGES).find(([name]) => name === uses)?.[1];
    const hint =
      section === undefined ? 'Remove it.' : `Remove it; its options belong under \`${section}:\`.`;
    return { what: `\`${uses}\` is no step of a recipe: every build ends with it.`, ...at, hint };
  }
  const names = [...registry.values()].filter((stage) => stage.kind === 'rootfs').map((stage) => stage.name);
  return { what: `Unknown stage \`${uses}\`.`, ...at, expected: oneOf(names), ...didYouMean(uses, names) };
}
