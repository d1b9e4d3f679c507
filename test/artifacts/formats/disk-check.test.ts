import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDisk, PARTITION_NAME } from '../../../artifacts/formats/disk-check.js';
import { planLayout } from '../../../artifacts/formats/disk-layout.js';
import type { DiskSpec } from '../../../artifacts/formats/disk-spec.js';
import { bios, esp, GPT_DISK, MBR_DISK, root, swap } from './disks.js';

const MIB = 1024 * 1024;
const TIB = 1024 * 1024 * MIB;

describe('what cannot be', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...swap, name: `s${index}`, size: { bytes: MIB } }));
  const { bytes: _, ...unsized } = GPT_DISK;
  const cases: [string, DiskSpec, [string, string][]][] = [
    ['nothing', GPT_DISK, []],
    [
      'a disk that is too small',
      { ...GPT_DISK, bytes: 543 * MIB },
      [['size', 'The disk is too small by 39 MiB for its partitions.']],
    ],
    ['an overlay', { ...GPT_DISK, partitions: [bios, esp, root], overlay: 'tmpfs' }, []],
    [
      'a swap area that nobody can write to',
      { ...GPT_DISK, partitions: [bios, swap, root], overlay: 'tmpfs' },
      [['partitions.1.type', '`swap` is a swap area on a LUN that nobody can write to.']],
    ],
    ['Btrfs', { ...GPT_DISK, partitions: [bios, esp, { ...root, filesystem: 'btrfs' }] }, []],
    [
      'Btrfs that nobody can write to',
      { ...GPT_DISK, partitions: [bios, { ...root, filesystem: 'btrfs' }], overlay: 'tmpfs' },
      [
        [
          'partitions.1.filesystem',
          '`root` is Btrfs on a LUN that nobody can write to: whether machines share one was not tried.',
        ],
      ],
    ],
    [
      'half a MiB',
      { ...GPT_DISK, bytes: 4096 * MIB + 512 },
      [['size', 'The size of the disk is no multiple of 1 MiB.']],
    ],
    [
      'a growing one that another follows',
      { ...GPT_DISK, partitions: [{ ...root, size: 'grow' }, swap] },
      [['partitions.0.size', 'Only the last partition can have the size `grow`.']],
    ],
    [
      'nothing that takes the rest',
      { ...GPT_DISK, partitions: [bios, swap] },
      [['partitions.1.size', 'No partition takes what is left of the disk.']],
    ],
    [
      'five partitions in an MBR',
      { ...MBR_DISK, partitions: [...many(4), root] },
      [['partitions', 'Too many partitions for an MBR.']],
    ],
    [
      '129 in a GPT',
      { ...GPT_DISK, partitions: [...many(128), root] },
      [['partitions', 'Too many partitions for a GPT.']],
    ],
    [
      'an MBR on a huge disk',
      { ...MBR_DISK, bytes: 2 * TIB },
      [['size', 'The disk is too large for an MBR.']],
    ],
    [
      'an MBR for huge partitions',
      {
        table: 'mbr',
        guid: MBR_DISK.guid,
        partitions: [
          { ...swap, size: { bytes: 2 * TIB } },
          { ...root, size: 'grow' },
        ],
      },
      [['table', 'The disk is too large for an MBR.']],
    ],
    [
      'more than a file of a release has',
      { ...GPT_DISK, bytes: 17 * TIB },
      [['size', 'The disk is too large for a release.']],
    ],
    [
      'more than a file of a release has, without a size',
      {
        ...unsized,
        partitions: [
          { ...swap, size: { bytes: 4 * TIB } },
          { ...root, size: 'grow' },
        ],
      },
      [['partitions', 'The disk is too large for a release.']],
    ],
    [
      'more than can be counted',
      {
        ...unsized,
        partitions: [
          { ...swap, size: { bytes: 8191 * TIB } },
          { ...swap, name: 'other', size: { bytes: TIB } },
          { ...root, size: 'grow' },
        ],
      },
      [['partitions', 'The partitions are too large together.']],
    ],
    [
      'a size of nothing',
      { ...GPT_DISK, partitions: [{ ...swap, size: { bytes: 0 } }, root] },
      [['partitions.0.size', 'The size of the partition `swap` is not a positive number of bytes.']],
    ],
    [
      'a name that ends with a space',
      { ...GPT_DISK, partitions: [{ ...esp, name: 'esp ' }, root] },
      [['partitions.0.name', 'The partition name "esp " is not usable.']],
    ],
    ['no partition', { ...GPT_DISK, partitions: [] }, [['partitions', 'The disk has no partition.']]],
  ];
  it.each(cases)('%s', (_name, spec, expected) => {
    expect(checkDisk(spec).map(({ path, what }) => [path.join('.'), what])).toEqual(expected);
  });
});

it.each([
  ['EFI system partition', true],
  ['a', true],
  ['x'.repeat(36), true],
  ['x'.repeat(37), false],
  [' a', false],
  ['a ', false],
  ['a"b', false],
  ['a/b', false],
  ['ä', false],
  ['', false],
])('the name `%s` is one: %s', (name, right) => {
  expect(PARTITION_NAME.test(name)).toBe(right);
});

const size = fc.oneof(
  fc.constantFrom('rest' as const, 'grow' as const),
  fc.record({
    bytes: fc.oneof(
      fc.integer({ min: 0, max: 2000 }).map((n) => n * MIB),
      fc.maxSafeNat(),
    ),
  }),
);
const partition = fc.record(
  {
    name: fc.constantFrom('a', 'b', 'c d', 'e"', ''),
    type: fc.constantFrom('bios-boot', 'esp', 'swap', 'linux', 'fat'),
    size,
    guid: fc.constant(root.guid),
    filesystem: fc.constantFrom('ext4', 'vfat', 'swap'),
    mount: fc.constantFrom('/', '/boot/efi', '/srv'),
  },
  { requiredKeys: ['name', 'type', 'size', 'guid'] },
);
/** Of sizes that often fit, but for the last one that takes the rest; then anything. */
const likely = fc
  .tuple(
    fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('a', 'b', 'c d'),
        type: fc.constantFrom('swap', 'linux'),
        size: fc.record({ bytes: fc.integer({ min: 1, max: 900 * MIB }) }),
        guid: fc.constant(root.guid),
      }),
      { selector: ({ name }) => name, maxLength: 3 },
    ),
    fc.constantFrom('rest' as const, 'grow' as const),
  )
  .map(([fixed, open]) => [...fixed, { ...root, size: open }]);
const disk: fc.Arbitrary<DiskSpec> = fc.record(
  {
    table: fc.constantFrom('gpt', 'mbr'),
    bytes: fc.oneof(
      fc.integer({ min: 1, max: 4000 }).map((n) => n * MIB),
      fc.maxSafeNat(),
    ),
    guid: fc.constant(GPT_DISK.guid),
    partitions: fc.oneof(likely, fc.array(partition, { maxLength: 5 })),
  },
  { requiredKeys: ['table', 'guid', 'partitions'] },
);

it('what it accepts can be laid out, what it refuses cannot', () => {
  let accepted = 0;
  fc.assert(
    fc.property(disk, fc.integer({ min: 0, max: 5000 * MIB }), (spec, content) => {
      if (checkDisk(spec).length > 0) {
        expect(() => planLayout(spec, content)).toThrow();
        return;
      }
      accepted++;
      const layout = planLayout(spec, content);
      const last = layout.partitions.at(-1);
      expect(layout.partitions.every(({ bytes }) => bytes >= MIB && bytes % MIB === 0)).toBe(true);
      expect((last?.offset ?? 0) + (last?.bytes ?? 0)).toBe(layout.bytes - (spec.table === 'gpt' ? MIB : 0));
    }),
    { seed: 1, numRuns: 1000 },
  );
  expect(accepted).toBeGreaterThan(100);
});

it('what it refuses has a path that the disk has', () => {
  fc.assert(
    fc.property(disk, (spec) => {
      const { bytes, ...rest } = spec;
      const written = bytes === undefined ? rest : { ...rest, size: bytes };
      for (const { path } of checkDisk(spec)) {
        const value = path.reduce<unknown>(
          (node, key) => (node as Readonly<Record<string | number, unknown>> | undefined)?.[key],
          written,
        );
        expect(value, path.join('.')).toBeDefined();
      }
    }),
    { seed: 1, numRuns: 1000 },
  );
});
