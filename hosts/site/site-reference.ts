/** The tables of docs/site.md, from the schemas that also validate. */
import { alternatives, type JsonSchema, jsonSchemaOf } from '../../base/schema/json-schema.js';
import { optionRows, table } from '../../base/schema/markdown.js';
import { clientSchema } from './client-schema.js';
import { hostSchema } from './host-schema.js';
import { powerSchema } from './power.js';
import { siteSchema } from './schema.js';

/** The generated parts of the page, by the name in its markers. */
export function siteParts(): Readonly<Record<string, string>> {
  const head = ['key', 'value', 'default', 'meaning'];
  const site = jsonSchemaOf(siteSchema);
  const host = jsonSchemaOf(hostSchema);
  const { dhcp = {}, clone = {}, ...plain } = host.properties ?? {};
  return {
    keys: table(
      head,
      optionRows({ ...site, properties: outlines(site.properties, ['hosts', 'clients', 'power']) }),
    ),
    hosts: table(
      head,
      optionRows({ ...host, properties: { ...plain, ...outlines({ clone, dhcp }, ['clone', 'dhcp']) } }),
    ),
    dhcp: table(['kind', 'meaning', 'keys'], alternatives(dhcp).flatMap(kindRow)),
    clients: table(head, optionRows(jsonSchemaOf(clientSchema))),
    power: table(head, optionRows(jsonSchemaOf(powerSchema))),
  };
}

/** The maps without what is in them: that has a table of its own. */
function outlines(
  schemas: Record<string, JsonSchema> = {},
  maps: readonly string[],
): Record<string, JsonSchema> {
  const outline = ({ description = '' }: JsonSchema, type: string): JsonSchema => ({ type, description });
  return Object.fromEntries(
    Object.entries(schemas).map(([key, one]) => {
      if (!maps.includes(key)) return [key, one];
      return [key, key === 'clone' ? { ...one, anyOf: (one.anyOf ?? []).map(flat) } : outline(one, 'object')];
    }),
  );
}

/** A map of one key, as it is written. */
function flat(schema: JsonSchema): JsonSchema {
  const [key] = Object.keys(schema.properties ?? {});
  return key === undefined ? schema : { const: `{ ${key}: … }` };
}

function kindRow({ properties, required = [] }: JsonSchema): string[][] {
  if (properties === undefined) return [];
  const { kind = {}, ...keys } = properties;
  const rows = optionRows({ properties: keys, required }).map(([name = '', , fallback = '', meaning = '']) =>
    fallback === '' ? `${name}: ${meaning}` : `${name} (${fallback}): ${meaning}`,
  );
  return [[`\`${String(kind.const)}\``, kind.description ?? '', rows.join(' ')]];
}
