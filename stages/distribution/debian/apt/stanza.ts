/** Stanzas of deb-control(5): a field a line, continuation lines begin with a space, an empty line ends a stanza. */

/** The stanzas of a text, without the empty lines between them. */
export function splitStanzas(text: string): string[] {
  return text.split(/\n(?:[ \t]*\n)+/).flatMap((stanza) => {
    const trimmed = stanza.replace(/^\n+|\n+$/g, '');
    return trimmed === '' ? [] : [trimmed];
  });
}

/** The value of a field of one line; field names know no letter case. */
export function fieldOf(stanza: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(stanza)?.[1]?.trim();
}

/** The stanza with these fields, each in the place of what had its name, else at the end. */
export function withFields(stanza: string, fields: Readonly<Record<string, string>>): string {
  let result = stanza;
  for (const [name, value] of Object.entries(fields)) {
    const line = `${name}: ${value}`;
    const old = new RegExp(`^${name}:.*(?:\\n[ \\t].*)*$`, 'im');
    result = old.test(result) ? result.replace(old, () => line) : `${result}\n${line}`;
  }
  return result;
}
