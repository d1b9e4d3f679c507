/** YAML 1.2 (core schema; JSON is a subset) to a located tree, with every complaint in our own words. */

import type { Document, Pair, YAMLError, Node as YamlNode } from 'yaml';
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Diagnostic } from '../failure.js';
import type { MapEntry, Node } from './node.js';
import { placeOf, type SourceText, type Span, startOf } from './source.js';

/** Nodes that one file may expand to through aliases; a recipe has hundreds. */
const MOST_NODES = 100_000;
const MOST_DEPTH = 100;

/** Complaints that say nothing about the structure, so that all of them are worth telling. */
const INDEPENDENT = new Set(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED', 'BAD_DQ_ESCAPE', 'BAD_SCALAR_START']);

export type Parsed = { readonly root: Node } | { readonly problems: readonly [Diagnostic, ...Diagnostic[]] };

/** What an empty recipe should have been. */
const RECIPE = 'a map with `name`, `steps`, `disk` and `kernel`';

/**
 * The tree of a text. Never throws: what is wrong comes back as diagnostics.
 * @param expected what the file should hold, as the end of `Expected:`
 */
export function parseYaml(source: SourceText, expected = RECIPE): Parsed {
  const whole: Span = { source, start: 0, end: 1 };
  let document: Document.Parsed;
  try {
    document = parseDocument(source.text, {
      lineCounter: new LineCounter(),
      prettyErrors: false,
      schema: 'core',
      strict: true,
    });
  } catch (error) {
    // The parser is recursive: thousands of open brackets exhaust the stack.
    return {
      problems: [
        problem(whole, `Not readable as YAML: ${error instanceof Error ? error.message : String(error)}.`),
      ],
    };
  }
  const [first, ...rest] = syntaxProblems(source, [...document.errors, ...document.warnings]);
  if (first !== undefined) return { problems: [first, ...rest] };
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    return {
      problems: [{ ...problem(whole, 'The file is empty.'), expected }],
    };
  }
  const converter = new Converter(source, document);
  const root = converter.node(document.contents, 0);
  const [worst, ...others] = converter.problems;
  return worst === undefined ? { root } : { problems: [worst, ...others] };
}

function syntaxProblems(source: SourceText, errors: readonly YAMLError[]): Diagnostic[] {
  const structural = errors.filter((error) => !INDEPENDENT.has(error.code)).slice(0, 1);
  const shown = structural.length > 0 ? structural : errors;
  return shown.map((error) => syntaxProblem(source, error));
}

function syntaxProblem(source: SourceText, { code, message, pos }: YAMLError): Diagnostic {
  const [start, end] = pos;
  const place = placeOf({ source, start, end });
  const closing = /end with a (.)$/.exec(message)?.[1] ?? /^Missing closing (.)/.exec(message)?.[1];
  if (closing !== undefined) {
    const opening = { ']': '[', '}': '{' }[closing] ?? closing;
    return { what: `A \`${opening}\` before this is not closed.`, place, expected: `\`${closing}\`` };
  }
  switch (code) {
    case 'DUPLICATE_KEY': {
      const key = /^[^\s:#,{}[\]]+/.exec(source.text.slice(start))?.[0] ?? '';
      const length = Math.max(1, key.length);
      return {
        what: `The key \`${key}\` stands twice in one map.`,
        place: { ...place, length },
        hint: 'Keep one of them.',
      };
    }
    case 'TAB_AS_INDENT':
      return {
        what: 'A tab indents this line.',
        place,
        expected: 'spaces',
        hint: 'YAML forbids tabs in indentation: replace each by spaces.',
      };
    case 'MULTIPLE_DOCS':
      return {
        what: 'A second YAML document begins here.',
        place,
        expected: 'one document in the file',
        hint: 'Remove the line `---`.',
      };
    case 'RESOURCE_EXHAUSTION':
      return { what: 'The file is nested too deeply.', place: startOf(source) };
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'BAD_INDENT':
      if ((place.text ?? '').slice(0, place.column - 1).trim() === '') {
        return {
          what: 'The indentation of this line fits nothing above it.',
          place,
          hint: 'Indent it like the lines that it belongs with.',
        };
      }
      return {
        what: 'A map begins inside a value.',
        place,
        hint: 'Put quotes around a value that holds `: `, or begin the map on the next line.',
      };
    default:
      return { what: `Not valid YAML: ${message.replace(/\.$/, '')}.`, place };
  }
}

function problem(span: Span, what: string, hint?: string): Diagnostic {
  return { what, place: placeOf(span), ...(hint === undefined ? {} : { hint }) };
}

class Converter {
  readonly problems: Diagnostic[] = [];
  private nodes = 0;

  constructor(
    private readonly source: SourceText,
    private readonly document: Document.Parsed,
  ) {}

  node(yaml: YamlNode | null, depth: number): Node {
    const span = this.span(yaml);
    const none: Node = { ...span, kind: 'scalar', value: null };
    if (this.problems.length > 0 && this.nodes > MOST_NODES) return none;
    if (++this.nodes > MOST_NODES || depth > MOST_DEPTH) {
      this.nodes = Number.POSITIVE_INFINITY;
      this.problems.push(
        problem(
          span,
          'The file is nested too deeply or repeats itself without end.',
          'Write the values out instead of using aliases.',
        ),
      );
      return none;
    }
    if (isAlias(yaml)) {
      const target = yaml.resolve(this.document);
      if (target === undefined) {
        this.problems.push(problem(span, `No anchor \`&${yaml.source}\` stands before this alias.`));
        return none;
      }
      // Shown where the alias is written: that is the value the user sees as wrong.
      return { ...this.node(target, depth + 1), ...(isScalar(target) ? span : {}) };
    }
    if (isMap(yaml)) return { ...span, kind: 'map', entries: this.entries(yaml.items, depth) };
    if (isSeq(yaml)) {
      const items = yaml.items.map((item) => this.node(isPair(item) ? null : (item as YamlNode), depth + 1));
      return { ...span, kind: 'list', items };
    }
    const value = isScalar(yaml) ? yaml.value : null;
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) {
      return { ...span, kind: 'scalar', value: value as string | number | boolean | null };
    }
    this.problems.push(problem(span, 'A value of a kind that is not known here.', 'Put quotes around it.'));
    return none;
  }

  private entries(pairs: readonly Pair[], depth: number): Map<string, MapEntry> {
    const entries = new Map<string, MapEntry>();
    for (const pair of pairs) {
      const key = pair.key as YamlNode | null;
      const span = this.span(key);
      if (!isScalar(key) || isAlias(key)) {
        this.problems.push(problem(span, 'A key must be a word, not a list or a map.'));
        continue;
      }
      const name = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
      if (name === '<<' && key.type === 'PLAIN') {
        this.problems.push({
          ...problem(
            span,
            'YAML 1.2 has no merge keys: `<<` is a key like any other, and nothing here has that name.',
          ),
          expected: 'the keys themselves',
          hint: 'Write them out. A whole value can be named by `&name` and used again as `*name`.',
        });
        continue;
      }
      if (name === '__proto__') {
        this.problems.push(problem(span, 'The key `__proto__` is not allowed.'));
        continue;
      }
      const value = pair.value as YamlNode | null;
      // `key:` without a value is shown at its key.
      entries.set(name, {
        key: span,
        value:
          value === null
            ? { ...span, end: span.start, kind: 'scalar', value: null }
            : this.node(value, depth + 1),
      });
    }
    return entries;
  }

  private span(yaml: YamlNode | null): Span {
    const [start, end] = yaml?.range ?? [0, 0];
    return { source: this.source, start, end };
  }
}
