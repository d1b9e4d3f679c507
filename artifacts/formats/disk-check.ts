/**
 * What is wrong with a disk, each finding with the path of what causes it. Recipes are judged by it before anything runs,
 * and the layout asks it once more: what it accepts can be laid out.
 */
import type { Diagnostic } from '../../base/failure.js';
import { formatSize, MIB } from '../../base/size.js';
import type { DiskSpec, PartitionSpec, PartitionType } from './disk-spec.js';
import { MOST_FILE_BYTES } from './most-file-bytes.js';

/** `path` leads from the disk in the words of a recipe: `['size']`, `['partitions', 0, 'name']`. */
export interface DiskFinding extends Omit<Diagnostic, 'place'> {
  readonly path: readonly (string | number)[];
}

/** Bytes before the first partition: the primary GPT (34 sectors) and, for MBR, the gap that holds GRUB. */
export const HEAD = MIB;
/** The backup GPT takes the last 33 sectors (UEFI 2.10, 5.3); ends are aligned too. */
export const TAIL = { gpt: MIB, mbr: 0 } as const;

/** The partition entry array of a GPT as all partitioners write it; primary partitions of an MBR. */
const MOST_PARTITIONS = { gpt: 128, mbr: 4 } as const;
/** An MBR entry counts sectors of 512 bytes in 32 bits. */
const MBR_MOST_BYTES = 0xffffffff * 512;

/**
 * A GPT holds 36 UTF-16 code units (UEFI 2.10, table 5.6), sfdisk(8) takes them in double quotes, and udev writes what is
 * no letter, digit or one of `#+-.:=@_` as `\x20` and the like in the name of its link in /dev/disk/by-partlabel, where
 * `PARTLABEL=` of mount(8) looks for the same. So spaces work, though not at an end, where they are invisible; other
 * characters are refused since sfdisk's script has no way to write a quotation mark.
 */
export const PARTITION_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,34}[A-Za-z0-9._-])?$/;
export const PARTITION_NAME_EXPECTED =
  '1 to 36 letters, digits, spaces, `.`, `_` and `-`, beginning with a letter or a digit and not ending with a space';

/** File systems that each type of partition may hold; the first is the default. */
export const FILESYSTEMS: Readonly<
  Record<PartitionType, readonly NonNullable<PartitionSpec['filesystem']>[]>
> = {
  'bios-boot': [],
  esp: ['vfat'],
  swap: ['swap'],
  linux: ['ext4', 'btrfs'],
  fat: ['vfat'],
};

/** Everything that is wrong. */
export function checkDisk(spec: DiskSpec): DiskFinding[] {
  return [
    ...spec.partitions.flatMap((partition, index) => [
      ...partitionFindings(partition, index, spec.table),
      ...sameAsBefore(partition, index, spec.partitions),
    ]),
    ...countFindings(spec),
    ...openFindings(spec),
    ...sizeFindings(spec),
    ...overlayFindings(spec),
  ];
}

/** Bytes as they take place on the disk, in whole MiB. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / MIB) * MIB;
}

/** Bytes of the smallest disk for these partitions: with 1 MiB for the one whose size is open. */
export function leastBytes({ table, partitions }: Pick<DiskSpec, 'table' | 'partitions'>): number {
  const sizes = partitions.map(({ size }) => (typeof size === 'string' ? MIB : aligned(size.bytes)));
  return sizes.reduce((sum, size) => sum + size, HEAD + TAIL[table]);
}

function partitionFindings(
  { name, type, size, filesystem, mount }: PartitionSpec,
  index: number,
  table: DiskSpec['table'],
): DiskFinding[] {
  const found: DiskFinding[] = [];
  const add = (key: string, finding: Omit<DiskFinding, 'path'>) =>
    found.push({ path: ['partitions', index, key], ...finding });
  if (!PARTITION_NAME.test(name)) {
    add('name', {
      what: `The partition name ${JSON.stringify(name)} is not usable.`,
      expected: PARTITION_NAME_EXPECTED,
    });
  }
  if (type === 'bios-boot' && table === 'mbr') {
    add('type', {
      what: 'An MBR has no BIOS-boot partition.',
      expected: '`table: gpt`, or no `bios-boot` partition',
      hint: 'On an MBR disk GRUB lies between the MBR and the first partition.',
    });
  }
  if (typeof size !== 'string' && !isSize(size.bytes)) {
    add('size', {
      what: `The size of the partition \`${name}\` is not a positive number of bytes.`,
      found: String(size.bytes),
    });
  }
  const fitting = FILESYSTEMS[type];
  if (filesystem !== undefined && !fitting.includes(filesystem)) {
    add('filesystem', {
      what: `A partition of type \`${type}\` cannot hold \`${filesystem}\`.`,
      expected: fitting.length === 0 ? 'no `filesystem`' : fitting.join(' or '),
    });
  }
  if (mount !== undefined && (type === 'swap' || type === 'bios-boot')) {
    add('mount', {
      what: `A partition of type \`${type}\` cannot be mounted.`,
      expected: 'no `mount`',
    });
  } else if (mount === '/' && type !== 'linux') {
    add('mount', {
      what: 'The root must be a Linux file system.',
      expected: '`type: linux`',
      found: `\`type: ${type}\``,
    });
  }
  return found;
}

function sameAsBefore(
  { name, mount }: PartitionSpec,
  index: number,
  partitions: readonly PartitionSpec[],
): DiskFinding[] {
  const before = partitions.slice(0, index);
  const other = before.findLast((one) => mount !== undefined && one.mount === mount);
  return [
    ...(before.some((one) => one.name === name)
      ? [
          {
            path: ['partitions', index, 'name'],
            what: `Two partitions are named \`${name}\`.`,
            hint: 'Give each partition a name of its own.',
          },
        ]
      : []),
    ...(other === undefined
      ? []
      : [
          {
            path: ['partitions', index, 'mount'],
            what: `\`${other.name}\` and \`${name}\` are both mounted on \`${mount}\`.`,
            hint: 'Mount one of them elsewhere.',
          },
        ]),
  ];
}

function countFindings({ table, partitions }: DiskSpec): DiskFinding[] {
  if (partitions.length === 0) {
    return [
      { path: ['partitions'], what: 'The disk has no partition.', hint: 'Add at least the root partition.' },
    ];
  }
  const most = MOST_PARTITIONS[table];
  if (partitions.length <= most) return [];
  return [
    {
      path: ['partitions'],
      what: `Too many partitions for ${table === 'mbr' ? 'an MBR' : 'a GPT'}.`,
      expected: `at most ${most}`,
      found: String(partitions.length),
      ...(table === 'mbr' ? { hint: 'Set `table: gpt`; logical partitions are not supported.' } : {}),
    },
  ];
}

/** Exactly one partition, the last, takes what is left. */
function openFindings({ bytes, partitions }: DiskSpec): DiskFinding[] {
  const last = partitions.length - 1;
  const open = partitions.flatMap(({ name, size }, index) =>
    typeof size === 'string' ? [{ name, size, index, path: ['partitions', index, 'size'] as const }] : [],
  );
  if (open.length === 0 && last >= 0) {
    return [
      {
        path: ['partitions', last, 'size'],
        what: 'No partition takes what is left of the disk.',
        expected: '`size: rest` or `size: grow` for the last partition',
      },
    ];
  }
  const found = open.flatMap(({ name, size, index, path }): DiskFinding[] => {
    if (index !== open.at(-1)?.index)
      return [{ path, what: 'Only one partition can take what is left of the disk.', found: `\`${size}\`` }];
    if (index === last) return [];
    return [
      {
        path,
        what: `Only the last partition can have the size \`${size}\`.`,
        hint: `Move \`${name}\` to the end of \`partitions\`.`,
      },
    ];
  });
  const rest = open.find(({ size }) => size === 'rest');
  if (bytes !== undefined || rest === undefined) return found;
  return [
    ...found,
    {
      path: rest.path,
      what: 'Without a disk size nothing is left that `rest` could mean.',
      expected: '`size` for the disk, or `grow` for the last partition',
    },
  ];
}

function sizeFindings(spec: DiskSpec): DiskFinding[] {
  const { table, bytes } = spec;
  if (bytes !== undefined && (!isSize(bytes) || bytes % MIB !== 0))
    return [
      { path: ['size'], what: 'The size of the disk is no multiple of 1 MiB.', found: `${bytes} bytes` },
    ];
  const least = leastBytes(spec);
  if (bytes !== undefined && least > bytes) {
    return [
      {
        path: ['size'],
        what: `The disk is too small by ${(least - bytes) / MIB} MiB for its partitions.`,
        expected: `at least ${formatSize(least)}`,
        found: formatSize(bytes),
        hint: 'Enlarge `disk.size` or make partitions smaller.',
      },
    ];
  }
  const whole = bytes ?? least;
  if (table === 'mbr' && whole > MBR_MOST_BYTES) {
    return [
      {
        path: bytes === undefined ? ['table'] : ['size'],
        what: 'The disk is too large for an MBR.',
        expected: 'less than 2T',
        found: formatSize(whole),
        hint: 'Set `table: gpt`.',
      },
    ];
  }
  if (whole <= MOST_FILE_BYTES) return [];
  if (whole <= Number.MAX_SAFE_INTEGER) {
    return [
      {
        path: bytes === undefined ? ['partitions'] : ['size'],
        what: 'The disk is too large for a release.',
        expected: `at most ${formatSize(MOST_FILE_BYTES)}`,
        found: formatSize(whole),
        hint: 'A LUN may be larger than its image: give the last partition the size `grow`, and the client a `size` in lunsmith.yaml.',
      },
    ];
  }
  // Only of a disk that has no size, for the sum of partitions; no file system is as large as one of these.
  return [
    { path: ['partitions'], what: 'The partitions are too large together.', expected: 'less than 8192T' },
  ];
}

/** All clients share its LUN. */
function overlayFindings({ overlay, partitions }: DiskSpec): DiskFinding[] {
  if (overlay === undefined) return [];
  return partitions.flatMap(({ name, type, filesystem, mount }, index): DiskFinding[] => {
    if (filesystem === 'btrfs' && mount !== undefined)
      return [
        {
          path: ['partitions', index, 'filesystem'],
          what: `\`${name}\` is Btrfs on a LUN that nobody can write to: whether machines share one was not tried.`,
          expected: `\`filesystem: ext4\` beside \`overlay: ${overlay}\``,
          hint: 'Use ext4, or leave `overlay` out.',
        },
      ];
    return type === 'swap'
      ? [
          {
            path: ['partitions', index, 'type'],
            what: `\`${name}\` is a swap area on a LUN that nobody can write to.`,
            expected: `no \`swap\` beside \`overlay: ${overlay}\``,
            hint: 'Leave the partition out, or `overlay`. Swap can be had in compressed memory (zram).',
          },
        ]
      : [];
  });
}

function isSize(bytes: number): boolean {
  return Number.isSafeInteger(bytes) && bytes > 0;
}
