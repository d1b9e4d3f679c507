import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Failure } from '../../../base/failure.js';
import { parseRecord } from '../../../base/schema/record.js';
import { JsonSyntaxError, jsonTree } from '../../../base/yaml/json-tree.js';
import { type Node, toPlain } from '../../../base/yaml/node.js';

const schema = z.strictObject({
  format: z.literal('x/1'),
  list: z.array(z.strictObject({ at: z.string() })),
});
const options = { file: 'a/record.json', what: 'The record' } as const;

function failureOf(text: string, more: { secret?: boolean } = {}): Failure {
  try {
    parseRecord(text, schema, { ...options, ...more });
  } catch (error) {
    return error as Failure;
  }
  throw new Error('it was accepted');
}

it('gives what the schema gives', () => {
  expect(parseRecord('{"format":"x/1","list":[{"at":"a"}]}', schema, options)).toEqual({
    format: 'x/1',
    list: [{ at: 'a' }],
  });
});

describe('tells the place of', () => {
  it.each([
    ['a text cut short', '{"format": "x/1"', 'it is no JSON here.', 1, 17],
    ['a wrong mark', '{\n  "format": x}', 'it is no JSON here.', 2, 13],
    [
      'a value that is wrong',
      '{"format":"x/1",\n "list":[{"at":"a"},\n  {"at":7}]}',
      'Wrong kind of value of `at`.',
      3,
      9,
    ],
    ['a key too many', '{"format":"x/1","list":[],\n"more":1}', 'Unknown key `more`.', 2, 1],
    ['a key that is missing', '{"format":"x/1"}', 'Missing key `list`.', 1, 2],
    ['something else altogether', ' []', 'Wrong kind of value.', 1, 2],
    ['nothing', '', 'it is no JSON here.', 1, 1],
  ])('%s', (_title, text, what, line, column) => {
    const failure = failureOf(text);
    const [{ place }] = failure.diagnostics;
    expect([failure.kind, failure.message]).toEqual(['integrity', `The record is damaged: ${what}`]);
    expect([place?.file, place?.line, place?.column]).toEqual(['a/record.json', line, column]);
  });
});

it('shows nothing of a record that may hold a secret', () => {
  const failure = failureOf('{"format":"x/1","list":"hunter2hunter2"}', { secret: true });
  expect(JSON.stringify(failure.toRecord())).not.toContain('hunter2');
});

it('is not stopped by what is nested deeper than any record', () => {
  expect(failureOf(`{"format":${'['.repeat(200_000)}${']'.repeat(200_000)}}`).kind).toBe('integrity');
});

it('finds the fault of every text that JSON.parse refuses, at a place in it', () => {
  const text = JSON.stringify({
    format: 'x/1',
    list: [{ at: 'a' }, { at: '\\u00e4\n' }],
    n: [1, -2.5e3, true, null],
  });
  const insertion = fc.tuple(
    fc.nat(text.length),
    fc.nat(3),
    fc.string({ unit: 'binary-ascii', maxLength: 3 }),
  );
  fc.assert(
    fc.property(insertion, ([at, gone, more]) => {
      const changed = text.slice(0, at) + more + text.slice(at + gone);
      let accepted = true;
      try {
        JSON.parse(changed);
      } catch {
        accepted = false;
      }
      const read = () => jsonTree({ file: 'f', folder: '/', text: changed });
      if (accepted) expect(toPlain(read())).toEqual(JSON.parse(changed));
      else expect(read).toThrow(JsonSyntaxError);
    }),
    { seed: 1, numRuns: 3000 },
  );
});

it('has the same values at their places as JSON.parse', () => {
  const check = (node: Node, value: unknown): void => {
    const { source, start, end } = node;
    expect(JSON.parse(source.text.slice(start, end))).toEqual(value);
    if (node.kind === 'list') node.items.forEach((item, at) => check(item, (value as unknown[])[at]));
    if (node.kind !== 'map') return;
    for (const [key, entry] of node.entries) check(entry.value, (value as Record<string, unknown>)[key]);
  };
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      const text = `${JSON.stringify(value, undefined, space)}\n`;
      const tree = jsonTree({ file: 'f', folder: '/', text });
      const plain: unknown = JSON.parse(text);
      expect(toPlain(tree)).toEqual(plain);
      check(tree, plain);
    }),
    { seed: 1, numRuns: 300 },
  );
});
