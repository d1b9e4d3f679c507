import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance, oneOf, slashesMeant, suggest } from '../../base/suggest.js';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['suite', 'suite', 0],
    ['suit', 'suite', 1],
    ['pots', 'post', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
    ['naïve', 'naive', 1],
    ['😀a', 'a', 1],
  ])('%s -> %s', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });

  it('is a symmetric distance that is zero for equal words alone', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('suggest', () => {
  const keys = ['suite', 'mirror', 'components', 'keyring', 'variant'];

  it.each([
    ['suit', 'suite'],
    ['Suite', 'suite'],
    ['miror', 'mirror'],
    ['compnents', 'components'],
    ['varaint', 'variant'],
    ['x', undefined],
    ['banana', undefined],
    ['', undefined],
  ])('%s', (word, nearest) => {
    expect(suggest(word, keys)).toBe(nearest);
  });

  it('takes an underscore for a hyphen', () => {
    expect(suggest('command_line', ['command-line'])).toBe('command-line');
  });

  it('finds one word for another exactly when it finds the other for the one', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
        expect(suggest(a, [b]) === undefined).toBe(suggest(b, [a]) === undefined);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('makes a hint of it, or none', () => {
    expect(didYouMean('suit', keys)).toEqual({ hint: 'Did you mean `suite`?' });
    expect(didYouMean('banana', keys)).toEqual({});
  });

  it('lists what is possible', () => {
    expect([oneOf(['a']), oneOf(['a', 'b'])]).toEqual(['a', 'one of a, b']);
  });
});

it.each([
  ['scripts\\setup.sh', 'Paths have slashes here: `scripts/setup.sh`.'],
  ['.\\\\lab', 'Paths have slashes here: `./lab`.'],
  ['scripts/setup.sh', undefined],
  ['echo "a\\n"', undefined],
])('slashes are meant in %s', (path, hint) => {
  expect(slashesMeant(path).hint).toBe(hint);
});
