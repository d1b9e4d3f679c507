/** Diagnostics as plain text: the place, the sentence, the offending line underlined, what was expected, what to do. */
import { type Diagnostic, Failure, type FailureKind, type SourcePlace } from './failure.js';

/** Longest stretch of an offending line that is shown, in characters. */
const SHOWN = 120;
/** More is not readable at once, and the next run tells the rest. */
const MOST = 100;
/** How much of a long line is shown before the offending column. */
const BEFORE = 40;

/**
 * One diagnostic as lines without a final newline and without colour:
 *
 *     recipes/x/recipe.yaml:7:13 Unknown key `suit`.
 *         with: { suit: bookworm }
 *                 ^^^^
 *       Expected: one of suite, mirror
 *       Hint: Did you mean `suite`?
 */
export function renderDiagnostic(diagnostic: Diagnostic): string {
  const { what, place, expected, found, hint } = diagnostic;
  return [
    visible(place === undefined ? what : `${place.file}:${place.line}:${place.column} ${what}`),
    ...(place === undefined ? [] : underline(place)),
    ...(expected === undefined ? [] : [visible(`  Expected: ${expected}`)]),
    ...(found === undefined ? [] : [visible(`  Found: ${found}`)]),
    ...(hint === undefined ? [] : [visible(`  Hint: ${hint}`)]),
  ].join('\n');
}

/** All of them, with an empty line between two. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(renderDiagnostic).join('\n\n');
}

/** Those without a place first, then by file, line and column; equal ones once. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  const unique = diagnostics.filter(({ place, ...words }) => {
    const { file, line, column, length } = place ?? {};
    const key = JSON.stringify([file, line, column, length, words]);
    return !seen.has(key) && seen.add(key);
  });
  return unique.sort(({ place: a }, { place: b }) => {
    if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
    if (a.file !== b.file) return a.file < b.file ? -1 : 1;
    return a.line - b.line || a.column - b.column;
  });
}

/** @throws Failure with all diagnostics, sorted, when there are any. */
export function throwIfAny(kind: FailureKind, diagnostics: readonly Diagnostic[]): void {
  const [first, ...rest] = sortDiagnostics(diagnostics);
  if (first === undefined) return;
  const left = rest.length + 1 - MOST;
  const more = left > 0 ? [{ what: `And ${left} more like these.` }] : [];
  throw new Failure(kind, [first, ...rest.slice(0, MOST - 1), ...more]);
}

function underline(place: SourcePlace): string[] {
  if (place.text === undefined) return [];
  const from = place.text.length > SHOWN ? Math.max(0, place.column - 1 - BEFORE) : 0;
  const line = place.text.slice(from, from + SHOWN);
  if (line.trim() === '') return [];
  const start = place.column - 1 - from;
  const length = Math.max(1, Math.min(place.length ?? 1, line.length - start));
  const before = from > 0 ? '…' : '';
  const after = from + SHOWN < place.text.length ? '…' : '';
  return [
    `${before}${printable(line)}${after}`,
    // Code points, not code units, so that the marks stand under the word where the terminal draws it.
    ' '.repeat(before.length + width(line.slice(0, start))) +
      '^'.repeat(Math.max(1, width(line.slice(start, start + length)))),
  ];
}

function width(text: string): number {
  return [...text].length;
}

/** Blanks that are none, and what is not drawn at all: in a word that is wrong they are what is wrong. */
const UNSEEN = /[\u00a0\u00ad\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]/g;

function visible(line: string): string {
  const code = (char: string) => char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return printable(line).replace(UNSEEN, (char) => `<U+${code(char)}>`);
}

/** Tabs and control characters as one visible column each: a recipe must not steer the terminal. */
function printable(line: string): string {
  return line.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => (char === '\t' ? ' ' : '\ufffd'));
}
