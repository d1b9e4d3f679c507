import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planLayout } from '../../../artifacts/formats/disk-layout.js';
import type { DiskSpec, PartitionSpec } from '../../../artifacts/formats/disk-spec.js';
import { bios, GPT_DISK, MBR_DISK, root, swap } from './disks.js';
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

  it('with 1 MiB for what grows and is not known yet', () => {
    const { bytes: _, ...unsized } = GPT_DISK;
    const spec: DiskSpec = { ...unsized, partitions: [bios, { ...root, size: 'grow' }] };
    for (const layout of [planLayout(spec), planLayout(spec, 0)]) expect(layout.bytes).toBe(6 * MIB);
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
  const sizes = fc.array(fc.integer({ min: 1, max: 300 * MIB }), { maxLength: 3 });
  fc.assert(
    fc.property(sizes, fc.constantFrom('gpt', 'mbr'), (bytes, table) => {
      const fixed = bytes.map(
        (size, index): PartitionSpec => ({ ...swap, name: `p${index}`, size: { bytes: size } }),
      );
      const layout = planLayout({ ...GPT_DISK, table, bytes: 4096 * MIB, partitions: [...fixed, root] });
      let end = MIB;
      layout.partitions.forEach((partition, index) => {
        expect(partition.offset).toBe(end);
        expect(partition.offset % MIB).toBe(0);
        expect(partition.bytes % MIB).toBe(0);
        expect(partition.bytes).toBeGreaterThanOrEqual(bytes[index] ?? MIB);
        end += partition.bytes;
      });
      expect(end).toBe(layout.bytes - (table === 'gpt' ? MIB : 0));
    }),
    { seed: 1, numRuns: 200 },
  );
});

it('refuses what the check finds, every reason at once', () => {
  const { bytes: _, ...unsized } = GPT_DISK;
  const spec: DiskSpec = { ...unsized, partitions: [root, { ...root, size: { bytes: 1 }, type: 'swap' }] };
  const failure = failureOf(() => planLayout(spec));
  expect(failure.kind).toBe('recipe');
  expect(failure.diagnostics.map(({ what }) => what)).toEqual([
    'disk.partitions[1].filesystem: A partition of type `swap` cannot hold `ext4`.',
    'disk.partitions[1].mount: A partition of type `swap` cannot be mounted.',
    'disk.partitions[1].name: Two partitions are named `root`.',
    'disk.partitions[1].mount: `root` and `root` are both mounted on `/`.',
    'disk.partitions[0].size: Only the last partition can have the size `rest`.',
    'disk.partitions[0].size: Without a disk size nothing is left that `rest` could mean.',
  ]);
});

it('refuses a disk that its content makes too large', () => {
  const { bytes: _, ...unsized } = MBR_DISK;
  const spec: DiskSpec = { ...unsized, partitions: [{ ...root, size: 'grow' }] };
  expect(failureOf(() => planLayout(spec, 3 * 1024 ** 4)).diagnostics).toEqual([
    {
      what: 'disk.size: The disk is too large for an MBR.',
      expected: 'less than 2T',
      found: '3145729M',
      hint: 'Set `table: gpt`.',
    },
  ]);
});
