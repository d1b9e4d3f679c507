/** The words for zod's issues: what was expected and what was found, as the ends of sentences. */
import type { z } from 'zod';
import { oneOf } from '../suggest.js';
import { hidePasswords } from '../url.js';
import type { Node } from '../yaml/node.js';

export type Issue = z.core.$ZodIssue;

/** Of a longer text that much is repeated, characters. */
const LONGEST = 1000;

/** Stands for zod's own words, so that a stage's words can be told from them. */
export const NO_WORDS = '\u0000';

/** What stands there, as the end of `Found:`. */
export function describeValue(node: Node): string {
  if (node.kind === 'list')
    return node.items.length === 0 ? 'an empty list' : `a list of ${node.items.length}`;
  if (node.kind === 'map') return 'a map';
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'string') return `\`${hidePasswords(excerpt(node.value))}\``;
  return `the ${typeof node.value === 'number' ? 'number' : 'truth value'} ${node.value}`;
}

function excerpt(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** The words that a schema's author gave for this issue. */
export function ownWords(issue: { message: string }): string | undefined {
  return issue.message === NO_WORDS ? undefined : issue.message;
}

/** Words that older YAML took for booleans, and values that need quotes to be text. */
export function scalarHint(node: Node, expected: string): { hint?: string } {
  if (node.kind !== 'scalar' || node.value === null) return {};
  if (expected === KINDS['boolean'] && typeof node.value === 'string') {
    const word = node.value.toLowerCase();
    if (['yes', 'on'].includes(word)) return { hint: 'Write `true`.' };
    if (['no', 'off'].includes(word)) return { hint: 'Write `false`.' };
  }
  return expected === KINDS['string'] && typeof node.value !== 'string'
    ? { hint: 'Put quotes around it.' }
    : {};
}

/** A stage's words as the end of `Expected:`. */
export function phrase(words: string): string {
  const text = words.replace(/^(must be|expected)\s+/i, '').replace(/\.$/, '');
  return text;
}

/** An author's words as a sentence of their own. */
export function sentence(words: string): string {
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
  null: 'nothing',
  undefined: 'no value',
  never: 'no value',
};

/** What zod's issue asks for, as a phrase. */
export function expectation(issue: Issue): string {
  const words = ownWords(issue);
  if (words !== undefined) return phrase(words);
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return oneOf(issue.values.map(String));
    case 'invalid_format':
      return issue.format === 'regex'
        ? `text that matches ${issue.pattern}`
        : `text of the form ${issue.format}`;
    case 'too_small':
      return amount(
        'at least',
        issue.minimum,
        issue.origin,
        issue.inclusive === false ? 'more than' : undefined,
      );
    case 'too_big':
      return amount(
        'at most',
        issue.maximum,
        issue.origin,
        issue.inclusive === false ? 'less than' : undefined,
      );
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    default:
      return 'another value';
  }
}

function amount(limit: string, count: number | bigint, origin: string, exclusive?: string): string {
  const unit = origin === 'string' ? ' character' : origin === 'array' || origin === 'set' ? ' item' : '';
  return `${exclusive ?? limit} ${count}${unit}${unit !== '' && Number(count) !== 1 ? 's' : ''}`;
}
