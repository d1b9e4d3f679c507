/**
 * The JSON Schema of recipe.yaml for editors. It describes the file as written, before `extends` and variables: so an
 * extending recipe may leave out what it inherits, and `${name}` may stand for any scalar. What it accepts may still be
 * wrong; what it refuses is wrong.
 */

import {
  clean,
  type JsonSchema,
  jsonSchemaOf,
  mapSchemas,
  optionsJsonSchema,
} from '../../base/schema/json-schema.js';
import type { StageRegistry } from '../stage.js';
import type { JOIN_KEYS } from './join-by-name.js';
import { LIST_WORDS } from './merge-maps.js';
import { recipeSchema } from './schema.js';
import { stageSections } from './sections.js';

const VARIABLE_USE: JsonSchema = {
  type: 'string',
  pattern: '\\$\\{[a-z][a-z0-9-]*\\}',
  description: 'A value with variables.',
};
const USE = { $ref: '#/$defs/variable-use' };
const VALUES: JsonSchema = { type: 'array', minItems: 1 };
const LIST_CHANGE: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: Object.fromEntries(LIST_WORDS.map((word) => [word, VALUES])),
  description: 'With `extends`: what is added to the inherited list and removed from it, or replaces it.',
};
const UNSET: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['unset'],
  properties: { unset: { const: true } },
  description: 'With `extends`: the inherited value is left out.',
};

/** The key that is resolved before `recipeSchema` sees the recipe. */
export const EXTENDS: JsonSchema = {
  type: 'string',
  minLength: 1,
  description:
    'Folder of another recipe that this one changes, relative to this one; or `lunsmith/recipes/NAME`: one that comes with lunsmith.',
};

export function recipeJsonSchema(registry: StageRegistry): JsonSchema {
  const { properties = {} } = jsonSchemaOf(recipeSchema);
  const { variables, steps, disk, ...plain } = properties;
  const sections = [...registry.values()].flatMap((stage) =>
    stage.section === undefined ? [] : [{ name: stage.section, stage }],
  );
  const atDisk = sections.find(({ name }) => name === 'disk');
  const others = sections.filter(({ name }) => name !== 'disk');
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'lunsmith recipe',
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    anyOf: [...new Set(['extends', 'steps', ...stageSections(registry)])].map((key) => ({ required: [key] })),
    properties: {
      ...mapSchemas(plain, (section) => changeable(written(section))),
      extends: EXTENDS,
      variables: variablesSection(clean(variables ?? {})),
      steps: { type: 'array', description: steps?.description ?? '', items: stepItems(registry) },
      disk: diskSection(disk ?? {}, atDisk === undefined ? undefined : optionsJsonSchema(atDisk.stage)),
      ...Object.fromEntries(
        others.map(({ name, stage }) => [
          name,
          { ...inherited(written(optionsJsonSchema(stage))), description: stage.summary },
        ]),
      ),
    },
    $defs: { 'variable-use': VARIABLE_USE, 'list-change': LIST_CHANGE, unset: UNSET },
  };
}

const JOINS: Record<(typeof JOIN_KEYS)[number], JsonSchema> = {
  remove: { const: true, description: 'With `extends`: leave out what is inherited under this name.' },
  after: { type: 'string', description: 'With `extends`: stand after the one of this name.' },
  before: { type: 'string', description: 'With `extends`: stand before the one of this name.' },
};

function stepItems(registry: StageRegistry): JsonSchema {
  const stages = [...registry.values()].filter((stage) => stage.kind === 'rootfs');
  const step = jsonSchemaOf(recipeSchema.shape.steps).items?.properties ?? {};
  return {
    type: 'object',
    additionalProperties: false,
    anyOf: [{ required: ['uses'] }, { required: ['name'] }],
    properties: {
      ...mapSchemas({ name: step['name'] ?? {} }, written),
      uses: {
        anyOf: stages.map(({ name, summary }) => ({ const: name, description: summary })),
        description: step['uses']?.description ?? '',
      },
      with: { description: step['with']?.description ?? '' },
      ...JOINS,
    },
    allOf: stages.map((stage) => ({
      if: { properties: { uses: { const: stage.name } }, required: ['uses'] },
      then: {
        properties: { with: { anyOf: [inherited(written(optionsJsonSchema(stage))), { type: 'null' }] } },
      },
    })),
  };
}

function diskSection(disk: JsonSchema, options: JsonSchema | undefined): JsonSchema {
  const whole: JsonSchema = { ...disk, properties: { ...disk.properties, ...options?.properties } };
  const section = inherited(written(whole));
  const partitions = section.properties?.['partitions'];
  if (partitions?.items === undefined) return section;
  const item = inherited(partitions.items);
  const items = { ...item, required: ['name'], properties: { ...item.properties, ...JOINS } };
  return { ...section, properties: { ...section.properties, partitions: { ...partitions, items } } };
}

/** An extending recipe may change the default of a variable alone. */
function variablesSection(section: JsonSchema): JsonSchema {
  const { oneOf = [], ...variable } =
    typeof section.additionalProperties === 'object' ? section.additionalProperties : {};
  return { ...section, additionalProperties: { ...variable, anyOf: oneOf.map(inherited) } };
}

/** Nothing is required of a map that may inherit it. */
function inherited({ required: _, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

/** As an extending recipe may write it: without an inherited value, and a list of plain values by what changes. */
function changeable(schema: JsonSchema): JsonSchema {
  const { description, default: fallback, ...rest } = schema;
  if (rest.const !== undefined || rest.items?.properties !== undefined) return schema;
  const others = rest.type === 'array' ? [{ $ref: '#/$defs/list-change' }] : [];
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: [
      ...(Object.keys(rest).join() === 'anyOf' ? (rest.anyOf ?? []) : [rest]),
      ...others,
      { $ref: '#/$defs/unset' },
    ],
  };
}

/** The schema with `${name}` allowed for every scalar that is not free text. */
function written(schema: JsonSchema): JsonSchema {
  const own = clean(schema);
  const result: JsonSchema = { ...own };
  if (own.properties !== undefined)
    result.properties = mapSchemas(own.properties, (property) => changeable(written(property)));
  if (own.items !== undefined) result.items = written(own.items);
  if (typeof own.additionalProperties === 'object')
    result.additionalProperties = written(own.additionalProperties);
  for (const key of ['anyOf', 'oneOf', 'allOf'] as const) {
    const list = own[key];
    if (list !== undefined) result[key] = list.map(written);
  }
  const freeText =
    own.type === 'string' &&
    Object.keys(own).every((key) => ['type', 'description', 'default'].includes(key));
  const scalar =
    own.enum !== undefined ||
    own.const !== undefined ||
    ['string', 'integer', 'number', 'boolean'].includes(own.type ?? '');
  if (!scalar || freeText) return result;
  const { description, default: fallback, ...rest } = result;
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: [rest, USE],
  };
}
