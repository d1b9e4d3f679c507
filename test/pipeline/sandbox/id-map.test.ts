import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  mapFileText,
  mapToolArguments,
  noSubordinateIds,
  subordinateRange,
} from '../../../pipeline/sandbox/id-map.js';

const ann = { username: 'ann', uid: 1000 };

describe('subordinateRange', () => {
  it.each([
    ['by name', 'bob:100000:65536\nann:165536:65536\n', { inside: 1, outside: 165536, length: 65536 }],
    ['by id', '1000:165536:65536\n', { inside: 1, outside: 165536, length: 65536 }],
    [
      'the first that is large enough',
      'ann:5000:10\nann:300000:70000\n',
      { inside: 1, outside: 300000, length: 70000 },
    ],
    [
      'one id short of the whole range, as root of the namespace is the user',
      'ann:7:65535',
      { inside: 1, outside: 7, length: 65535 },
    ],
    ['none of another user', 'bob:100000:65536\n', undefined],
    ['none too small', 'ann:100000:1000\n', undefined],
    ['none from junk', 'ann\nann:x:y\n::\n', undefined],
    ['none from an empty file', '', undefined],
  ])('%s', (_name, text, expected) => {
    expect(subordinateRange(text, ann)).toEqual(expected);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        subordinateRange(text, ann);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

it('says how to get a range', () => {
  expect(noSubordinateIds('ann').diagnostics).toEqual([
    {
      what: 'The user ann has no range of subordinate user and group ids.',
      expected: 'a line for ann with at least 65535 ids in /etc/subuid and in /etc/subgid',
      found: 'none',
      hint: 'As root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ann (choose a range that no other user has).',
    },
  ]);
});

it('writes maps for the kernel and for newuidmap', () => {
  const ranges = [
    { inside: 0, outside: 1000, length: 1 },
    { inside: 1, outside: 100000, length: 65536 },
  ];
  expect(mapFileText(ranges)).toBe('0 1000 1\n1 100000 65536\n');
  expect(mapToolArguments(42, ranges)).toEqual(['42', '0', '1000', '1', '1', '100000', '65536']);
});
