/** The text of a file that a recipe is read from, and places in it. */
import type { SourcePlace } from '../failure.js';
import { hidePasswords } from '../url.js';

export interface SourceText {
  /** As the user knows it: what was typed, joined with the file's name. */
  readonly file: string;
  /** Absolute path of the folder that holds it: paths in the file are relative to it. */
  readonly folder: string;
  readonly text: string;
}

/** A stretch of a source text; offsets count UTF-16 code units, `end` is exclusive. */
export interface Span {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
}

/** Of a longer line that much is repeated in a finding, characters. */
const LONGEST_LINE = 4096;

/** Where a span stands; what goes beyond its first line is not underlined. A password in a URL is not repeated. */
export function placeOf(span: Span): SourcePlace {
  const { text, file } = span.source;
  const start = Math.min(Math.max(span.start, 0), text.length);
  const starts = lineStarts(span.source);
  const line = lineAt(starts, start);
  const lineStart = starts[line - 1] ?? 0;
  const rawEnd = (starts[line] ?? text.length + 1) - 1;
  const lineEnd = rawEnd > lineStart && text[rawEnd - 1] === '\r' ? rawEnd - 1 : rawEnd;
  const column = Math.min(start, lineEnd) - lineStart + 1;
  const length = Math.max(1, Math.min(span.end, lineEnd) - start);
  const shown = { text: hidePasswords(text.slice(lineStart, Math.min(lineEnd, lineStart + LONGEST_LINE))) };
  return { file, line, column, ...(column > LONGEST_LINE ? {} : shown), length };
}

/** The first characters of a file, for findings about the file as a whole. */
export function startOf(source: SourceText): SourcePlace {
  return placeOf({ source, start: 0, end: 1 });
}

/** A damaged file may have as many findings as lines: all places together are found in the time of one reading. */
const known = new WeakMap<SourceText, readonly number[]>();

/** Offsets at which lines begin, the first at 0. */
function lineStarts(source: SourceText): readonly number[] {
  const cached = known.get(source);
  if (cached !== undefined) return cached;
  const starts = [0];
  for (let at = source.text.indexOf('\n'); at !== -1; at = source.text.indexOf('\n', at + 1))
    starts.push(at + 1);
  known.set(source, starts);
  return starts;
}

/** The line, from 1, in which an offset lies. */
function lineAt(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] as number) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
