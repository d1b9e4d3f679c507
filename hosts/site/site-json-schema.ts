/** The JSON Schema of lunsmith.yaml for editors. What it refuses is wrong; what it accepts may still be. */
import { clean, type JsonSchema, jsonSchemaOf } from '../../base/schema/json-schema.js';
import { siteSchema } from './schema.js';

export function siteJsonSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'lunsmith site',
    ...clean(jsonSchemaOf(siteSchema)),
  };
}
