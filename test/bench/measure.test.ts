import { expect, test } from 'vitest';
import { table } from '../../bench/measure.js';

test('the medians are shown, aims are judged round by round, and what is left out says why', () => {
  const reference = { name: 'cp', values: [1, 2, 10] };
  const ours = [2, 3, 5];
  const text = table([
    { measure: 'a', unit: 's', ours, reference, aim: { timesReference: 1.5 } },
    { measure: 'b', unit: 's', ours, reference, aim: { aboveReference: 0.5 } },
    { measure: 'c', unit: 'MB', ours: [9, 2, 4, 3], aim: { atMost: 3 } },
    { measure: 'd', leftOut: 'the kernel has no device-mapper' },
  ]);
  expect(text).toBe(
    [
      'measure  median    reference  median  ratio  aim                  met',
      'a        3.00 s    cp         2.00 s  1.50   ratio ≤ 1.5          yes',
      'b        3.00 s    cp         2.00 s  1.50   ≤ reference + 0.5 s  NO',
      'c        4 MB                                ≤ 3 MB               NO',
      'd        left out  the kernel has no device-mapper',
    ].join('\n'),
  );
});
