/** The text of a file that a recipe is read from, and places in it. */
import type { SourcePlace } from '../failure.js';

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

/** Where a span stands; what goes beyond its first line is not underlined. */
export function placeOf(span: Span): SourcePlace {
  const { text, file } = span.source;
  const start = Math.min(Math.max(span.start, 0), text.length);
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const newline = text.indexOf('\n', start);
  const rawEnd = newline === -1 ? text.length : newline;
  const lineEnd = rawEnd > lineStart && text[rawEnd - 1] === '\r' ? rawEnd - 1 : rawEnd;
  const column = Math.min(start, lineEnd) - lineStart + 1;
  const length = Math.max(1, Math.min(span.end, lineEnd) - start);
  return { file, line: countLines(text, lineStart), column, text: text.slice(lineStart, lineEnd), length };
}

/** The first characters of a file, for findings about the file as a whole. */
export function startOf(source: SourceText): SourcePlace {
  return placeOf({ source, start: 0, end: 1 });
}

function countLines(text: string, end: number): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
