import { describe, expect, it } from 'vitest';
import { Failure } from '../../../base/failure.js';
import { assertInstalled, differences, missing } from '../../../stages/distribution/expected.js';

const one = (name: string, version: string, architecture = 'amd64') => ({ name, version, architecture });

describe('the packages of a root tree', () => {
  const before = [one('a', '1'), one('b', '1')];
  const locked = [one('c', '1'), one('b', '2')];
  it.each([
    ['fit', [one('a', '1'), one('b', '2'), one('c', '1')], false, []],
    ['lack one', [one('a', '1'), one('b', '2')], false, ['c (amd64) 1 is not installed']],
    [
      'have another version',
      [one('a', '1'), one('b', '1'), one('c', '1')],
      false,
      ['b (amd64) is installed in version 1 instead of 2'],
    ],
    [
      'have one too many',
      [one('a', '1'), one('b', '2'), one('c', '1'), one('d', '9', 'all')],
      false,
      ['d (all) 9 is installed, but not locked'],
    ],
    ['lost one of before', [one('b', '2'), one('c', '1')], false, ['a (amd64) 1 is not installed']],
    ['lost one of before, as was asked', [one('b', '2'), one('c', '1')], true, []],
    ['lost one of the lock', [one('a', '1'), one('b', '2')], true, ['c (amd64) 1 is not installed']],
  ])('%s', (_, installed, removals, expected) => {
    expect(differences({ before, locked, removals }, installed)).toEqual(expected);
  });

  it('may have become independent of the architecture', () => {
    const installed = [one('a', '2', 'all')];
    expect(differences({ before: [one('a', '1')], locked: installed, removals: false }, installed)).toEqual(
      [],
    );
  });

  it('are told from those that are missing in any version', () => {
    expect(missing(locked, before)).toEqual([one('c', '1')]);
  });

  it('end the step when they differ', () => {
    const check = () => {
      assertInstalled({ before: [], locked, removals: false }, [one('c', '2'), one('x', '1')]);
    };
    expect(check).toThrow(Failure);
    try {
      check();
    } catch (error) {
      const failure = Failure.from(error);
      expect(failure.kind).toBe('integrity');
      expect(failure.diagnostics).toEqual([
        {
          what: 'The packages of the root tree are not those that were resolved.',
          found:
            'b (amd64) 2 is not installed; c (amd64) is installed in version 2 instead of 1; x (amd64) 1 is installed, but not locked',
          hint: 'If a step before installs packages by itself, as a script may, name them in a `packages` step instead. Else run `npx lunsmith lock RECIPE --update`.',
        },
      ]);
    }
  });
});
