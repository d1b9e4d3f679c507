import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inBoth, overlay, type Span, spanAt } from '../../../artifacts/formats/ranges.js';

/** Sorted spans without overlaps, from the lengths of gaps and spans in turn. */
const spans = fc
  .array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 5 })), { maxLength: 8 })
  .map((lengths) => {
    let at = 0;
    return lengths.map(([gap, length]): Span => {
      const start = at + gap;
      at = start + length;
      return { start, end: at };
    });
  });

const covers = (list: readonly Span[], at: number) => list.find(({ start, end }) => start <= at && at < end);

it('cuts two lists at all their edges', () => {
  expect([...overlay([{ start: 0, end: 10 }], [{ start: 4, end: 12 }])]).toEqual([
    { start: 0, end: 4, a: { start: 0, end: 10 } },
    { start: 4, end: 10, a: { start: 0, end: 10 }, b: { start: 4, end: 12 } },
    { start: 10, end: 12, b: { start: 4, end: 12 } },
  ]);
});

it('covers each point that either list covers, with the spans that do', () => {
  const property = fc.property(spans, spans, (a, b) => {
    const pieces = [...overlay(a, b)];
    for (let at = 0; at < 100; at += 1) {
      const piece = covers(pieces, at) as (typeof pieces)[number] | undefined;
      expect([piece?.a, piece?.b]).toEqual([covers(a, at), covers(b, at)]);
      expect(spanAt(a, at)).toEqual(covers(a, at));
    }
  });
  fc.assert(property, { seed: 1, numRuns: 200 });
});

it('finds what lies in both lists', () => {
  const one = [
    { start: 0, end: 10 },
    { start: 20, end: 30 },
  ];
  const other = [
    { start: 5, end: 22 },
    { start: 25, end: 26 },
    { start: 30, end: 40 },
  ];
  expect(inBoth(one, other)).toEqual([
    { start: 5, end: 10 },
    { start: 20, end: 22 },
    { start: 25, end: 26 },
  ]);
  expect(inBoth(one, [])).toEqual([]);
});
