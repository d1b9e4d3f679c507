/** Schemas as tables of Markdown, for the generated parts of the reference pages. */
import { alternatives, type JsonSchema } from './json-schema.js';

/** The page with the text between `<!-- begin: NAME -->` and `<!-- end -->` replaced. */
export function fillParts(page: string, parts: Readonly<Record<string, string>>): string {
  return page.replace(
    /(<!-- begin: ([a-z]+) -->\n)[^]*?(<!-- end -->)/g,
    (all, begin: string, name: string, end: string) => {
      const part = parts[name];
      return part === undefined ? all : `${begin}\n${part}\n\n${end}`;
    },
  );
}

/** One row an option, those of maps and of lists of maps beneath their own: `files[].mode`. */
export function optionRows(schema: JsonSchema, prefix = ''): string[][] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([key, one]) => {
    const name = `${prefix}${key}`;
    const fallback =
      one.default === undefined
        ? required.has(key)
          ? 'required'
          : ''
        : `\`${JSON.stringify(one.default)}\``;
    const row = [`\`${name}\``, valueText(one), fallback, one.description ?? ''];
    return [row, ...innerRows(one, name)];
  });
}

function innerRows(schema: JsonSchema, name: string): string[][] {
  return alternatives(schema).flatMap((one) => [
    ...(one.properties === undefined ? [] : optionRows(one, `${name}.`)),
    ...(one.items === undefined ? [] : innerRows(one.items, `${name}[]`)),
    ...(typeof one.additionalProperties === 'object' ? innerRows(one.additionalProperties, `${name}.*`) : []),
  ]);
}

/** What may be written, in a few words. */
function valueText(schema: JsonSchema): string {
  const inner = schema.anyOf ?? schema.oneOf;
  if (inner !== undefined) return [...new Set(inner.map(valueText))].join(' or ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const).replace(/^"(.*)"$/, '$1')}\``;
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${String(word)}\``).join(', ');
  if (schema.type === 'array')
    return `list of ${schema.items === undefined ? 'values' : plural(valueText(schema.items))}`;
  if (schema.type === 'object') return 'map';
  if (schema.type === 'integer' || schema.type === 'number') return rangeText(schema);
  if (schema.type === 'boolean') return '`true`, `false`';
  return schema.type === 'null' ? '`null`' : (schema.type ?? 'any');
}

function plural(value: string): string {
  return ['string', 'map', 'integer', 'number'].includes(value) ? `${value}s` : value;
}

function rangeText({ type = '', minimum, maximum }: JsonSchema): string {
  const least = minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const most = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (least !== undefined && most !== undefined) return `${type}, ${least} to ${most}`;
  if (least !== undefined) return `${type}, at least ${least}`;
  return most === undefined ? type : `${type}, at most ${most}`;
}

/** A table of Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
