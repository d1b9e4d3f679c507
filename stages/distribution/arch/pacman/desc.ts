/** How pacman's databases describe a package: `%FIELD%` lines, each followed by its values and an empty line. */

export type Description = ReadonlyMap<string, readonly string[]>;

export function parseDescription(text: string): Description {
  const fields = new Map<string, string[]>();
  for (const paragraph of text.split(/\n\n+/)) {
    const [head = '', ...values] = paragraph.trim().split('\n');
    const name = /^%([A-Z0-9]+)%$/.exec(head)?.[1];
    if (name !== undefined) fields.set(name, values);
  }
  return fields;
}

/** Descriptions one after the other, as of all packages of a database; each begins with `%FILENAME%`. */
export function parseDescriptions(text: string): Description[] {
  return text
    .split(/^(?=%FILENAME%$)/m)
    .filter((each) => each.startsWith('%FILENAME%'))
    .map(parseDescription);
}

export function formatDescription(
  fields: Iterable<readonly [name: string, values: readonly string[]]>,
): string {
  return [...fields]
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => `%${name}%\n${values.join('\n')}\n\n`)
    .join('');
}

/** The first value of a field. */
export function valueOf(description: Description, field: string): string | undefined {
  return description.get(field)?.[0];
}

/** What a relation such as `glibc>=2.36` or `initramfs=1` is with. */
export function targetOf(relation: string): string {
  return relation.replace(/[<>=].*$/, '');
}
