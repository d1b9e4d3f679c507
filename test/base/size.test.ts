import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSize, MIB, parseSize } from '../../base/size.js';
import { parsePartitionSize } from '../../pipeline/recipe/partition-size.js';

const GRAMMAR =
  'a whole number of bytes, or one with K, M, G or T (binary units: 1M is 1 MiB), in multiples of 1 MiB';

describe('parseSize', () => {
  it.each<[string | number, number]>([
    ['1M', MIB],
    ['512M', 512 * MIB],
    ['10G', 10 * 1024 * MIB],
    ['2T', 2 * 1024 * 1024 * MIB],
    ['2048K', 2 * MIB],
    [MIB, MIB],
    ['1048576', MIB],
    [' 4G ', 4096 * MIB],
  ])('%s', (text, bytes) => {
    expect(parseSize(text)).toEqual({ value: bytes });
  });

  it.each<[string | number, string, string | undefined]>([
    ['1.5G', 'A size has no fraction.', 'Write `1536M`.'],
    ['0.5m', 'A size has no fraction.', 'Write `1M`.'],
    ['.5 TiB', 'A size has no fraction.', 'Write `512G`.'],
    ['64MiB', 'Not a size.', 'Write `64M`.'],
    ['4 gb', 'Not a size.', 'Write `4G`.'],
    ['big', 'Not a size.', undefined],
    ['', 'Not a size.', undefined],
    ['-1G', 'Not a size.', undefined],
    ['rest', 'Not a size.', undefined],
    [0, 'A size must be greater than zero.', undefined],
    ['100K', 'The size is no multiple of 1 MiB.', 'Write `1M`.'],
    [MIB + 1, 'The size is no multiple of 1 MiB.', 'Write `2M`.'],
    ['99999999T', 'The size is too large.', undefined],
  ])('refuses %s', (text, what, hint) => {
    const problem = {
      what,
      expected: GRAMMAR,
      found: `\`${String(text).trim()}\``,
      ...(hint === undefined ? {} : { hint }),
    };
    expect(parseSize(text)).toEqual({ problem });
  });

  it('reads what formatSize writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), (mebibytes) => {
        expect(parseSize(formatSize(mebibytes * MIB))).toEqual({ value: mebibytes * MIB });
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('parsePartitionSize', () => {
  it('knows two words', () => {
    expect(['rest', 'grow', '3M'].map(parsePartitionSize)).toEqual([
      { value: 'rest' },
      { value: 'grow' },
      { value: { bytes: 3 * MIB } },
    ]);
    expect(parsePartitionSize('all')).toEqual({
      problem: { what: 'Not a size.', expected: `${GRAMMAR}; \`rest\` or \`grow\``, found: '`all`' },
    });
  });
});
