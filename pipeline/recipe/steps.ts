/** The steps of a recipe: each found its stage, and its options parsed by the stage's schema. */
import { relative, resolve } from 'node:path';
import type { z } from 'zod';
import { notBuiltWord } from '../../artifacts/platform/not-built.js';
import type { Diagnostic } from '../../base/failure.js';
import { validate } from '../../base/schema/validate.js';
import { didYouMean, oneOf } from '../../base/suggest.js';
import type { MapNode, Node, Path } from '../../base/yaml/node.js';
import { child, placeAt, textAt } from '../../base/yaml/node.js';
import type { AnyStage, StageRegistry } from '../stage.js';
import type { RecipeStep } from './recipe.js';

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
    } else if (registry.get(name)?.kind === 'output') {
      problems.push({
        what: `\`${name}\` is the name of an output stage.`,
        place: placeAt(root, [...path, 'name']),
        hint: 'Choose another name.',
      });
    }
    seen.add(name);
    const under = [...path, 'with'];
    const parsed = validate(stage.options as z.ZodType, { root, under, refused: notBuiltWord }, problems);
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

/**
 * Paths that an extended recipe wrote are relative to its own folder, but stages see only this recipe's. So an inherited
 * option that is one of the step's inputs, alone or after a scheme such as `file:`, is rewritten to lead from here to
 * the same file.
 */
function rebaseInputs(options: unknown, written: Node | undefined, stage: AnyStage, folder: string): unknown {
  const login = /^file:(.+)$/s.exec(stage.credentials?.(options) ?? '')?.[1];
  const inputs = new Set([...(stage.inputs?.(options) ?? []), ...(login === undefined ? [] : [login])]);
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
  const stage = registry.get(uses);
  if (stage !== undefined) {
    const hint =
      stage.section === undefined
        ? 'Remove it.'
        : `Remove it; its options belong under \`${stage.section}:\`.`;
    return { what: `\`${uses}\` is an output stage, no step of a recipe.`, ...at, hint };
  }
  const refused = notBuiltWord(uses);
  if (refused !== undefined) return { ...refused, ...at };
  const names = [...registry.values()].filter((stage) => stage.kind === 'rootfs').map((stage) => stage.name);
  return { what: `Unknown stage \`${uses}\`.`, ...at, expected: oneOf(names), ...didYouMean(uses, names) };
}
