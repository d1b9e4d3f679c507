import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planLayout } from '../../../artifacts/formats/disk-layout.js';
import type { DiskSpec, PartitionSpec } from '../../../artifacts/formats/disk-spec.js';
import { bios, esp, GPT_DISK, MBR_DISK, root, swap } from './disks.js';
import { failureOf } from './tools.js';

const MIB = 1024 * 1024;
const places = (spec: DiskSpec, contentBytes?: number) =>
  planLayout(spec, contentBytes).partitions.map(({ name, offset, bytes }) => [
    name,
    offset / MIB,
    bytes / MIB,
  ]);

describe('places partitions', () => {
  it('between the table and its backup', () => {
    expect(places(GPT_DISK)).toEqual([
      ['bios', 1, 3],
      ['esp', 4, 64],
      ['swap', 68, 512],
      ['root', 580, 3515],
    ]);
  });

  it('up to the end of a disk with an MBR', () => {
    expect(places(MBR_DISK)).toEqual([
      ['esp', 1, 64],
      ['swap', 65, 512],
      ['root', 577, 1471],
    ]);
  });

  it('around one that takes the rest', () => {
    const partitions = [bios, root, swap];
    expect(places({ ...GPT_DISK, bytes: 1024 * MIB, partitions })).toEqual([
      ['bios', 1, 3],
      ['root', 4, 507],
      ['swap', 511, 512],
    ]);
  });

  it('on a disk as large as its growing content', () => {
    const { bytes: _, ...unsized } = GPT_DISK;
    const spec: DiskSpec = { ...unsized, partitions: [bios, { ...root, size: 'grow' }] };
    const layout = planLayout(spec, 700 * MIB + 1);
    expect(layout.bytes).toBe((1 + 3 + 701 + 1) * MIB);
    expect(layout.partitions.map(({ bytes, grow }) => [bytes / MIB, grow])).toEqual([
      [3, false],
      [701, true],
    ]);
  });

  it('on a disk as large as their sum', () => {
    const { bytes: _, ...unsized } = GPT_DISK;
    expect(planLayout({ ...unsized, partitions: [bios, swap] }).bytes).toBe((1 + 3 + 512 + 1) * MIB);
  });

  it('with sectors that follow from bytes', () => {
    const [first] = planLayout(GPT_DISK).partitions;
    expect(first).toEqual({
      name: 'bios',
      type: 'bios-boot',
      guid: bios.guid,
      number: 1,
      firstLba: 2048,
      sectors: 6144,
      offset: MIB,
      bytes: 3 * MIB,
      grow: false,
    });
  });
});

it('never overlaps, always aligns, and wastes nothing but the table', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 300 * MIB }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(sizes, fc.constantFrom('gpt', 'mbr'), fc.boolean(), (bytes, table, flexible) => {
      const partitions: PartitionSpec[] = bytes.map((size, index) => ({
        ...root,
        name: `p${index}`,
        size: flexible && index === 0 ? 'rest' : { bytes: size },
      }));
      const layout = planLayout({ ...GPT_DISK, table, bytes: 4096 * MIB, partitions });
      let end = MIB;
      layout.partitions.forEach((partition, index) => {
        expect(partition.offset).toBe(end);
        expect(partition.offset % MIB).toBe(0);
        expect(partition.bytes % MIB).toBe(0);
        expect(partition.bytes).toBeGreaterThanOrEqual(flexible && index === 0 ? MIB : (bytes[index] ?? 0));
        end += partition.bytes;
      });
      const usable = layout.bytes - (table === 'gpt' ? MIB : 0);
      if (flexible) expect(end).toBe(usable);
      else expect(end).toBeLessThanOrEqual(usable);
    }),
    { seed: 1, numRuns: 200 },
  );
});

describe('refuses what cannot be', () => {
  const four = ['a', 'b', 'c', 'd'].map((name) => ({ ...swap, name }));
  const { bytes: _, ...unsized } = GPT_DISK;
  const cases: [string, DiskSpec, object][] = [
    [
      'a disk that is too small',
      { ...GPT_DISK, bytes: 543 * MIB },
      {
        what: 'The disk of 543 MiB is 39 MiB too small for its partitions.',
        expected:
          'at least 582 MiB: bios 3 MiB, esp 64 MiB, swap 512 MiB, root at least 1 MiB, partition table 2 MiB',
        found: '543 MiB',
        hint: 'Enlarge the disk or make a partition smaller.',
      },
    ],
    [
      'two that take the rest',
      { ...GPT_DISK, partitions: [root, { ...root, name: 'data', size: 'grow' }] },
      {
        what: 'More than one partition takes what is left of the disk.',
        expected: 'at most one size `rest` or `grow`',
        found: 'root: rest, data: grow',
      },
    ],
    [
      'a growing one that another follows',
      { ...GPT_DISK, partitions: [{ ...root, size: 'grow' }, swap] },
      {
        what: 'The partition root cannot grow, since another follows it.',
        hint: 'Move root to the end of the disk, or give it the size `rest`.',
      },
    ],
    [
      'the rest of nothing',
      unsized,
      {
        what: 'The partition root takes the rest of a disk that has no size.',
        hint: 'Give the disk a size, or root the size `grow`.',
      },
    ],
    [
      'five primary partitions',
      { ...MBR_DISK, partitions: [...four, root] },
      {
        what: 'The disk has too many partitions for its mbr table.',
        expected: 'at most 4',
        found: '5',
        hint: 'Set `table: gpt`; logical partitions are not supported.',
      },
    ],
    [
      'a bios-boot partition in an MBR',
      { ...MBR_DISK, partitions: [bios, root] },
      {
        what: 'The partition bios has the type bios-boot, which an mbr table does not know.',
        hint: 'Leave it out: GRUB stands in the gap after an MBR.',
      },
    ],
    [
      'an MBR on a huge disk',
      { ...MBR_DISK, bytes: 3 * 1024 ** 4 },
      {
        what: 'The disk of 3145728 MiB is 1048577 MiB too large for an mbr table.',
        expected: 'at most 2 TiB',
        hint: 'Set `table: gpt`.',
      },
    ],
    [
      'half a MiB',
      { ...GPT_DISK, bytes: 4096 * MIB + 512 },
      { what: 'The size of the disk is no multiple of 1 MiB.', found: '4294967808 bytes' },
    ],
    [
      'a name twice',
      { ...GPT_DISK, partitions: [swap, swap] },
      { what: 'Two partitions have the name swap.' },
    ],
    [
      'a name that sfdisk would split',
      { ...GPT_DISK, partitions: [{ ...swap, name: 'a, b' }] },
      {
        what: 'The partition name "a, b" is not usable.',
        expected: '1 to 36 of the characters A-Z a-z 0-9 . _ -, the first a letter or digit',
      },
    ],
    [
      'ext4 on an ESP',
      { ...GPT_DISK, partitions: [{ ...esp, filesystem: 'ext4' }] },
      { what: 'The partition esp of type esp cannot hold ext4.', expected: 'vfat', found: 'ext4' },
    ],
    [
      'a size of nothing',
      { ...GPT_DISK, partitions: [{ ...swap, size: { bytes: 0 } }] },
      { what: 'The size of the partition swap is not a positive number of bytes.', found: '0' },
    ],
    [
      'no partition',
      { ...GPT_DISK, partitions: [] },
      { what: 'The disk has no partition.', hint: 'Add at least the root partition.' },
    ],
  ];
  it.each(cases)('%s', (_name, spec, diagnostic) => {
    const failure = failureOf(() => planLayout(spec));
    expect(failure.kind).toBe('recipe');
    expect(failure.diagnostics).toEqual([diagnostic]);
  });

  it('naming every reason at once', () => {
    const spec: DiskSpec = { ...unsized, partitions: [root, { ...root, size: { bytes: 1 }, type: 'swap' }] };
    expect(failureOf(() => planLayout(spec)).diagnostics.map(({ what }) => what)).toEqual([
      'The partition root takes the rest of a disk that has no size.',
      'The partition root of type swap cannot hold ext4.',
      'Two partitions have the name root.',
    ]);
  });
});
