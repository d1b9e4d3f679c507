/** Text in the man macros of roff: man(7) of groff and of mandoc. */

/** As it stands in a line; a period at its start is no request. */
export function roffText(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
}

/** An argument of a macro. */
export function roffWord(text: string): string {
  return `"${roffText(text).replaceAll('"', '\\(dq')}"`;
}

/** Lines as they are, in the letters of a terminal. */
export function roffLines(lines: readonly string[]): string[] {
  return ['.EX', ...lines.map(roffText), '.EE'];
}

/** A term and what it means. */
export function roffTerm(term: string, meaning: string): string[] {
  return ['.TP', `.B ${roffText(term)}`, roffText(meaning)];
}
