/** `variables:` of a recipe: typed, with defaults, overridden by `--set`, used as `${name}` in any scalar. */
import { z } from 'zod';
import type { Diagnostic, SourcePlace } from '../../base/failure.js';
import { parseSize } from '../../base/size.js';
import { didYouMean, oneOf } from '../../base/suggest.js';
import type { MapEntry, MapNode, Node, ScalarNode } from '../../base/yaml/node.js';
import { placeOf } from '../../base/yaml/source.js';

const description = z.string().optional().describe('What the variable is for.');

export const VARIABLE_NAME = /^[a-z][a-z0-9-]*$/;

export const variableSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('string').describe('Text.'),
      description,
      default: z.string().optional().describe('The value without `--set`.'),
      pattern: z
        .string()
        .refine(isRegExp, 'The pattern is no regular expression.')
        .optional()
        .describe('Regular expression (ECMAScript) that the value must match.'),
    }),
    z.strictObject({
      type: z.literal('integer').describe('A whole number.'),
      description,
      default: z.int().optional().describe('The value without `--set`.'),
      min: z.int().optional().describe('Least value.'),
      max: z.int().optional().describe('Greatest value.'),
    }),
    z.strictObject({
      type: z.literal('boolean').describe('`true` or `false`.'),
      description,
      default: z.boolean().optional().describe('The value without `--set`.'),
    }),
    z.strictObject({
      type: z.literal('size').describe('A size such as `512M` or `10G`.'),
      description,
      default: z.union([z.string(), z.int()]).optional().describe('The value without `--set`.'),
    }),
    z.strictObject({
      type: z.literal('enum').describe('One of a list of words.'),
      description,
      default: z.string().optional().describe('The value without `--set`.'),
      values: z.array(z.string()).min(1).describe('The words.'),
    }),
    z.strictObject({
      type: z
        .literal('path')
        .describe(
          'A path: of `--set` relative to the working directory, of a `default` to the recipe’s folder.',
        ),
      description,
      default: z.string().min(1).optional().describe('The value without `--set`.'),
    }),
  ])
  .meta({ id: 'variable' });

export type Variable = z.output<typeof variableSchema>;
export type VariableValue = string | number | boolean;

type Read = { readonly value: VariableValue } | { readonly problem: Omit<Diagnostic, 'place'> };

/** A value of a variable, from text (`--set`) or from the recipe (`default`). */
export function readValue(name: string, variable: Variable, given: VariableValue): Read {
  const wrong = (expected: string, hint: { hint?: string } = {}): Read => ({
    problem: { what: `Not a value for the variable \`${name}\`.`, expected, found: `\`${given}\``, ...hint },
  });
  if (variable.type === 'integer') {
    const number = typeof given === 'string' && /^-?[0-9]+$/.test(given) ? Number(given) : given;
    const { min, max } = variable;
    if (typeof number !== 'number' || !Number.isSafeInteger(number)) return wrong('a whole number');
    if (min !== undefined && number < min) return wrong(`at least ${min}`);
    if (max !== undefined && number > max) return wrong(`at most ${max}`);
    return { value: number };
  }
  if (variable.type === 'boolean') {
    if (given === true || given === 'true') return { value: true };
    return given === false || given === 'false' ? { value: false } : wrong('true or false');
  }
  if (variable.type === 'size') {
    const size = parseSize(String(given));
    return 'problem' in size
      ? { problem: { ...size.problem, what: `Not a value for the variable \`${name}\`.` } }
      : { value: String(given) };
  }
  if (variable.type === 'enum') {
    const word = String(given);
    return variable.values.includes(word)
      ? { value: word }
      : wrong(oneOf(variable.values), didYouMean(word, variable.values));
  }
  if (variable.type === 'path') {
    const path = String(given);
    return path === '' ? wrong('a path') : { value: path };
  }
  const { pattern } = variable;
  if (pattern === undefined) return { value: String(given) };
  return new RegExp(pattern, 'u').test(String(given))
    ? { value: String(given) }
    : wrong(`text that matches ${pattern}`);
}

function isRegExp(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').flags === 'u';
  } catch {
    return false;
  }
}

/** Values by name; a variable that is declared but has no valid value maps to undefined. */
export type VariableValues = ReadonlyMap<string, VariableValue | undefined>;

export interface Substituted {
  readonly node: Node;
  readonly problems: readonly Diagnostic[];
  /** Scalars that keep their text because a variable in it is unknown or without value: nothing more can be said of them. */
  readonly broken: readonly ScalarNode[];
}

/** The tree with every `${name}` replaced and every `$${` turned into `${`. */
export function substitute(tree: Node, values: VariableValues): Substituted {
  const problems: Diagnostic[] = [];
  const broken: ScalarNode[] = [];
  const visit = (node: Node): Node => {
    if (node.kind === 'list') return { ...node, items: node.items.map(visit) };
    if (node.kind === 'map') return mapValues(node, visit);
    if (typeof node.value !== 'string' || !node.value.includes('${')) return node;
    const value = substituteText(node, node.value, values, problems);
    if (value !== undefined) return { ...node, value };
    broken.push(node);
    return node;
  };
  return { node: visit(tree), problems, broken };
}

/** A text that is one variable takes its type; else its values are written into the text. Undefined: not possible. */
function substituteText(
  node: ScalarNode,
  text: string,
  values: VariableValues,
  problems: Diagnostic[],
): VariableValue | undefined {
  const whole = /^\$\{([^{}]*)\}$/.exec(text)?.[1];
  if (whole !== undefined && values.has(whole)) return values.get(whole);
  let possible = true;
  const value = text.replace(
    /(\$?)\$\{([^{}]*)(\}?)/g,
    (all, escape: string, name: string, close: string) => {
      if (escape !== '') return all.slice(1);
      if (close === '') problems.push(unclosed(node, name));
      else if (!values.has(name)) problems.push(unknownVariable(node, name, values));
      const known = close === '' ? undefined : values.get(name);
      if (known === undefined) possible = false;
      return String(known);
    },
  );
  return possible ? value : undefined;
}

function unknownVariable(node: ScalarNode, name: string, values: VariableValues): Diagnostic {
  const names = [...values.keys()];
  const near = didYouMean(name, names).hint;
  return {
    what: `Unknown variable \`${name}\`.`,
    place: placeOfUse(node, `\${${name}}`),
    expected: names.length === 0 ? 'a variable, but the recipe has no `variables`' : oneOf(names),
    hint: `${near === undefined ? '' : `${near} `}${LITERAL}`,
  };
}

function unclosed(node: ScalarNode, name: string): Diagnostic {
  return { what: '`${` without `}`.', place: placeOfUse(node, `\${${name}`), hint: LITERAL };
}

const LITERAL = 'For a literal `${` write `$${`.';

/** Where a use stands in a scalar; all of the scalar when it is written with escapes. */
function placeOfUse({ source, start, end }: ScalarNode, use: string): SourcePlace {
  const at = source.text.slice(start, end).indexOf(use);
  return placeOf(
    at < 0 ? { source, start, end } : { source, start: start + at, end: start + at + use.length },
  );
}

function mapValues(map: MapNode, change: (value: Node) => Node): MapNode {
  const entries = new Map<string, MapEntry>();
  for (const [key, entry] of map.entries) entries.set(key, { key: entry.key, value: change(entry.value) });
  return { ...map, entries };
}
