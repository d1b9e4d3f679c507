import { expect, it } from 'vitest';
import { sharedLuns, sharedWords } from '../../../hosts/target/shared-luns.js';

const session = (target: string, ...addresses: string[]) => ({
  target,
  initiator: 'iqn.2026-01.org.example:any',
  addresses,
});

it.each<[string, Parameters<typeof sharedLuns>, [string, string[]][]]>([
  ['one machine', [[session('a', '10.0.0.1')]], []],
  [
    'one machine that is logged in twice, as while it boots',
    [[session('a', '10.0.0.1'), session('a', '10.0.0.1')]],
    [],
  ],
  ['two machines, each at its own', [[session('a', '10.0.0.1'), session('b', '10.0.0.2')]], []],
  [
    'two at one LUN',
    [[session('a', '10.0.0.2'), session('b', '10.0.0.3'), session('a', '10.0.0.1')]],
    [['a', ['10.0.0.1', '10.0.0.2']]],
  ],
  ['one machine with two ways to it', [[session('a', '10.0.0.1'), session('a', '10.0.1.1')], 2], []],
  ['what a target does not tell', [[{ target: 'a', initiator: 'x' }, session('a', '10.0.0.1')]], []],
])('%s', (_, input, shared) => {
  expect(sharedLuns(...input).map(({ target, addresses }) => [target, addresses])).toEqual(shared);
});

it('says who they are', () => {
  expect(sharedWords({ target: 'iqn.2026-01.org.example:a', addresses: ['10.0.0.1', '10.0.0.2'] }).what).toBe(
    '2 machines are logged in to one LUN, or one whose address has changed: iqn.2026-01.org.example:a from 10.0.0.1 and 10.0.0.2.',
  );
});
