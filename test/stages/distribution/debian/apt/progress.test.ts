import { expect, it } from 'vitest';
import { aptProgress, parseSize } from '../../../../../stages/distribution/debian/apt/progress.js';

it.each([
  ['9,876 kB', 9_876_000],
  ['55.4 kB', 55_400],
  ['0 B', 0],
  ['1.2 GB', 1_200_000_000],
  ['many', undefined],
])('%s are %s bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

it('counts bytes and packages by what apt-get prints', () => {
  const see = aptProgress();
  const lines = [
    'The following NEW packages will be installed:',
    '0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.',
    'Need to get 1,000 B/2,000 B of archives.',
    'After this operation, 3,000 B of additional disk space will be used.',
    'Get:1 http://mirror.example.org/debian bookworm/main amd64 a amd64 1 [600 B]',
    'Get:2 http://mirror.example.org/debian bookworm/main amd64 b amd64 1 [600 B]',
    'Fetched 1,000 B in 0s (9,999 B/s)',
    'Unpacking a (1) ...',
    'Setting up a (1) ...',
    'Unpacking b:amd64 (1) over (0) ...',
    'Setting up b:amd64 (1) ...',
  ];
  expect(lines.map(see).filter((each) => each !== undefined)).toEqual([
    { what: 'download', done: 600, total: 1000, unit: 'bytes' },
    { what: 'download', done: 1000, total: 1000, unit: 'bytes' },
    { what: 'unpack', done: 1, total: 2, unit: 'packages' },
    { what: 'configure', done: 1, total: 2, unit: 'packages' },
    { what: 'unpack', done: 2, total: 2, unit: 'packages' },
    { what: 'configure', done: 2, total: 2, unit: 'packages' },
  ]);
});

it('knows no total while lists are fetched', () => {
  expect(aptProgress()('Get:1 http://mirror.example.org/debian bookworm InRelease [151 kB]')).toEqual({
    what: 'download',
    done: 151_000,
    total: undefined,
    unit: 'bytes',
  });
});

it('counts each transaction of a bootstrap tool by itself, and never more than all', () => {
  const see = aptProgress();
  const seen = [
    'Unpacking a (1) ...',
    'Unpacking b (1) ...',
    '0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.',
    'Unpacking c (1) ...',
    'Unpacking d (1) ...',
  ].map(see);
  expect(seen.map((each) => each && [each.done, each.total])).toEqual([
    [1, undefined],
    [2, undefined],
    undefined,
    [1, 1],
    [2, undefined],
  ]);
});
