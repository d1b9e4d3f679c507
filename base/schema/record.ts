/** Records that a program wrote as JSON, here or on another host, and that anything may have happened to since. */
import { dirname } from 'node:path';
import type { z } from 'zod';
import { type Diagnostic, Failure, type FailureKind } from '../failure.js';
import { JsonSyntaxError, jsonTree } from '../yaml/json-tree.js';
import { placeOf, type SourceText, startOf } from '../yaml/source.js';
import { validate } from './validate.js';

/** Findings that are told; one damaged byte may make many. */
const SHOWN = 10;

export interface RecordOptions {
  /** How messages name the file: a path, with its host where that is another. */
  readonly file: string;
  /** What a damaged record is. Default `integrity`. */
  readonly kind?: FailureKind;
  /** What the file is, as the beginning of a sentence: `The proof`. */
  readonly what: string;
  /** What to do now. */
  readonly hint?: string;
  /** Nothing of the text is shown. Default false. */
  readonly secret?: boolean;
}

export type CheckedRecord<T> =
  | { readonly value: T }
  | { readonly problems: readonly [Diagnostic, ...Diagnostic[]] };

/** @throws Failure of the kind, with the place of each value that is wrong */
export function parseRecord<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  options: RecordOptions,
): z.output<Schema> {
  const checked = checkRecord(text, schema, options.file);
  if ('value' in checked) return checked.value;
  const { what, hint, kind = 'integrity', secret = false } = options;
  // The first is enough: the file is not mended by hand, and the others often follow from it.
  const [first] = checked.problems;
  const shown = secret ? withoutText(first) : first;
  throw new Failure(kind, {
    ...shown,
    what: `${what} is damaged: ${shown.what}`,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The record, or what is wrong with it. */
export function checkRecord<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  file: string,
): CheckedRecord<z.output<Schema>> {
  const source: SourceText = { file, folder: dirname(file), text };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problems: [syntaxProblem(source)] };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data };
  const problems: Diagnostic[] = [];
  validate(schema, { root: jsonTree(source) }, problems);
  const [first = { what: 'it is another kind of record.', place: startOf(source) }, ...others] = problems;
  return { problems: [first, ...others.slice(0, SHOWN - 1)] };
}

/** V8 does not always say where, so the text is read again. */
function syntaxProblem(source: SourceText): Diagnostic {
  let start = source.text.length;
  try {
    jsonTree(source);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    start = error.at;
  }
  return { what: 'it is no JSON here.', place: placeOf({ source, start, end: start + 1 }), expected: 'JSON' };
}

function withoutText({ found: _, place, ...rest }: Diagnostic): Diagnostic {
  if (place === undefined) return rest;
  const { text: _text, ...where } = place;
  return { ...rest, place: where };
}
