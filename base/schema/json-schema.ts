/** The JSON Schema of options: what the editor, the reference page and the error messages know of a schema. */
import { z } from 'zod';

/** The parts of JSON Schema (2020-12) that zod writes and we read. */
export interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  examples?: unknown[];
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  [keyword: string]: unknown;
}

const known = new WeakMap<z.ZodType, JsonSchema>();

/** What may be written (not what parsing gives), with references resolved in place. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const cached = known.get(schema);
  if (cached !== undefined) return cached;
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  }) as JsonSchema;
  const { $defs = {}, ...rest } = json;
  const inlined = inline(rest, $defs, 0);
  known.set(schema, inlined);
  return inlined;
}

/** As {@link jsonSchemaOf}, for the options of a stage. */
export function optionsJsonSchema(stage: { readonly options: z.ZodType }): JsonSchema {
  return jsonSchemaOf(stage.options);
}

/** All alternatives of a schema without their `anyOf`, `oneOf` and `allOf`. */
export function alternatives(schema: JsonSchema): JsonSchema[] {
  const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return inner.length === 0 ? [schema] : [schema, ...inner.flatMap(alternatives)];
}

/** The schemas that a value at `path` has to do with. */
function schemasAt(schema: JsonSchema, path: readonly (string | number)[]): JsonSchema[] {
  let at = alternatives(schema);
  for (const part of path) {
    at = at.flatMap((one) => {
      const next =
        typeof part === 'number' ? one.items : (one.properties?.[part] ?? one.additionalProperties);
      return typeof next === 'object' ? alternatives(next) : [];
    });
  }
  return at;
}

/** The keys that a map at `path` may hold; of several kinds of map, those that the constants in `value` fit, or by default. */
export function keysAt(schema: JsonSchema, path: readonly (string | number)[], value: unknown): string[] {
  const maps = schemasAt(schema, path).flatMap<Record<string, JsonSchema>>(
    ({ properties }) => properties ?? [],
  );
  const held: Record<string, unknown> = typeof value === 'object' && value !== null ? { ...value } : {};
  const fitting = maps.filter((keys) =>
    Object.entries(keys).every(
      ([key, one]) => one.const === undefined || one.const === (held[key] ?? one.default),
    ),
  );
  return [...new Set((fitting.length === 0 ? maps : fitting).flatMap(Object.keys))];
}

/** The description at `path`. */
export function descriptionAt(schema: JsonSchema, path: readonly (string | number)[]): string | undefined {
  return schemasAt(schema, path).find((one) => one.description !== undefined)?.description;
}

function inline(schema: JsonSchema, defs: Record<string, JsonSchema>, depth: number): JsonSchema {
  // A schema that holds itself stays open at some depth; options are never that deep.
  if (depth > 20) return {};
  const name = /^#\/\$defs\/(.+)$/.exec(schema.$ref ?? '')?.[1];
  if (name !== undefined) {
    const { $ref: _, ...beside } = schema;
    const { id: __, ...target } = defs[name] ?? {};
    return inline({ ...target, ...beside }, defs, depth + 1);
  }
  const each = (list: JsonSchema[] | undefined) => list?.map((one) => inline(one, defs, depth + 1));
  const result: JsonSchema = { ...schema };
  for (const key of ['anyOf', 'oneOf', 'allOf'] as const) {
    const list = each(schema[key]);
    if (list !== undefined) result[key] = list;
  }
  if (schema.items !== undefined) result.items = inline(schema.items, defs, depth + 1);
  if (typeof schema.additionalProperties === 'object') {
    result.additionalProperties = inline(schema.additionalProperties, defs, depth + 1);
  }
  if (schema.properties !== undefined) {
    result.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([key, one]) => [key, inline(one, defs, depth + 1)]),
    );
  }
  return result;
}

/** Without what only zod wants: limits of JavaScript's integers, formats that validators need plugins for. */
export function clean(schema: JsonSchema): JsonSchema {
  const { format: _, ...rest } = schema;
  if (rest.minimum === Number.MIN_SAFE_INTEGER) delete rest.minimum;
  if (rest.maximum === Number.MAX_SAFE_INTEGER) delete rest.maximum;
  for (const key of ['anyOf', 'oneOf', 'allOf'] as const)
    if (rest[key] !== undefined) rest[key] = rest[key].map(clean);
  if (rest.properties !== undefined) rest.properties = mapSchemas(rest.properties, clean);
  if (rest.items !== undefined) rest.items = clean(rest.items);
  if (typeof rest.additionalProperties === 'object')
    rest.additionalProperties = clean(rest.additionalProperties);
  return rest;
}

/** Each of them changed. */
export function mapSchemas(
  schemas: Record<string, JsonSchema>,
  change: (schema: JsonSchema) => JsonSchema,
): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, change(schema)]));
}
