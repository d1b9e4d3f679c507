/**
 * Where each partition stands on the disk. Pure: nothing is read and nothing is written, so that an impossible
 * layout is refused before work begins.
 */
import { type Diagnostic, Failure } from '../../base/failure.js';
import type { DiskSpec, PartitionSpec } from './disk-spec.js';

/** Bytes of a sector as the partition tables count it; iSCSI targets present 512 unless told otherwise. */
export const SECTOR = 512;
export const MIB = 1024 * 1024;
const ALIGNMENT = MIB;
/** The primary GPT (34 sectors) and, for MBR, the gap that holds GRUB stand before the first aligned sector. */
const HEAD = ALIGNMENT;
/** The backup GPT takes the last 33 sectors (UEFI 2.10, 5.3); ends are aligned too. */
const TAIL = { gpt: ALIGNMENT, mbr: 0 } as const;
const MOST_PARTITIONS = { gpt: 128, mbr: 4 } as const;
/** An MBR entry counts sectors in 32 bits. */
const MBR_MOST_BYTES = 0xffffffff * SECTOR;
/** Names that sfdisk takes unquoted and that GPT's 36 UTF-16 units hold. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,35}$/;

export interface PlacedPartition extends Omit<PartitionSpec, 'size'> {
  /** From 1, in the order of the disk. */
  readonly number: number;
  readonly firstLba: number;
  readonly sectors: number;
  /** Bytes from the start of the disk. */
  readonly offset: number;
  readonly bytes: number;
  /** Whether it is the one that is enlarged on a larger LUN. */
  readonly grow: boolean;
}

export interface DiskLayout {
  readonly table: DiskSpec['table'];
  readonly guid: string;
  readonly bytes: number;
  readonly partitions: readonly PlacedPartition[];
}

/**
 * Places the partitions in the order given, each start and end on a multiple of 1 MiB; a size that is no multiple is
 * rounded up.
 * @param contentBytes bytes that the `grow` partition of a disk without a size needs; absent before the content is known,
 *   when the least layout is planned
 * @throws Failure of kind `recipe` that holds every reason why the layout is impossible.
 */
export function planLayout(spec: DiskSpec, contentBytes: number = ALIGNMENT): DiskLayout {
  const [first, ...more] = findings(spec);
  if (first !== undefined) throw new Failure('recipe', [first, ...more]);
  const fixed = spec.partitions.reduce(
    (sum, { size }) => sum + (typeof size === 'string' ? 0 : align(size.bytes)),
    0,
  );
  const flexible = spec.partitions.some(({ size }) => typeof size === 'string');
  const frame = HEAD + TAIL[spec.table];
  const bytes = spec.bytes ?? frame + fixed + (flexible ? align(contentBytes) : 0);
  const left = bytes - frame - fixed;
  if (left < (flexible ? ALIGNMENT : 0)) throw tooSmall(spec, bytes, frame, fixed, flexible);
  if (spec.table === 'mbr' && bytes > MBR_MOST_BYTES) {
    throw new Failure('recipe', {
      what: `The disk of ${mib(bytes)} is ${mib(bytes - MBR_MOST_BYTES)} too large for an mbr table.`,
      expected: 'at most 2 TiB',
      hint: 'Set `table: gpt`.',
    });
  }
  let offset = HEAD;
  const partitions = spec.partitions.map(({ size, ...rest }, index) => {
    const length = typeof size === 'string' ? left : align(size.bytes);
    const placed = {
      ...rest,
      number: index + 1,
      firstLba: offset / SECTOR,
      sectors: length / SECTOR,
      offset,
      bytes: length,
      grow: size === 'grow',
    };
    offset += length;
    return placed;
  });
  return { table: spec.table, guid: spec.guid, bytes, partitions };
}

/** Bytes in whole MiB, rounded up: `37 MiB`. */
export function mib(bytes: number): string {
  return `${Math.ceil(bytes / MIB)} MiB`;
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

function tooSmall(spec: DiskSpec, bytes: number, frame: number, fixed: number, flexible: boolean): Failure {
  const need = frame + fixed + (flexible ? ALIGNMENT : 0);
  const parts = spec.partitions.map(({ name, size }) =>
    typeof size === 'string' ? `${name} at least ${mib(ALIGNMENT)}` : `${name} ${mib(size.bytes)}`,
  );
  return new Failure('recipe', {
    what: `The disk of ${mib(bytes)} is ${mib(need - bytes)} too small for its partitions.`,
    expected: `at least ${mib(need)}: ${parts.join(', ')}, partition table ${mib(frame)}`,
    found: mib(bytes),
    hint: 'Enlarge the disk or make a partition smaller.',
  });
}

function findings(spec: DiskSpec): Diagnostic[] {
  const found: Diagnostic[] = [];
  const { table, partitions } = spec;
  if (partitions.length === 0)
    found.push({ what: 'The disk has no partition.', hint: 'Add at least the root partition.' });
  if (partitions.length > MOST_PARTITIONS[table]) {
    found.push({
      what: `The disk has too many partitions for its ${table} table.`,
      expected: `at most ${MOST_PARTITIONS[table]}`,
      found: String(partitions.length),
      ...(table === 'mbr' ? { hint: 'Set `table: gpt`; logical partitions are not supported.' } : {}),
    });
  }
  if (spec.bytes !== undefined && spec.bytes % ALIGNMENT !== 0) {
    found.push({ what: 'The size of the disk is no multiple of 1 MiB.', found: `${spec.bytes} bytes` });
  }
  found.push(...flexibleFindings(spec));
  partitions.forEach((partition, index) => {
    found.push(...partitionFindings(partition, table));
    if (partitions.findIndex(({ name }) => name === partition.name) < index) {
      found.push({ what: `Two partitions have the name ${partition.name}.` });
    }
  });
  return found;
}

function flexibleFindings({ bytes, partitions }: DiskSpec): Diagnostic[] {
  const flexible = partitions.filter(({ size }) => typeof size === 'string');
  const [first] = flexible;
  if (flexible.length > 1) {
    return [
      {
        what: 'More than one partition takes what is left of the disk.',
        expected: 'at most one size `rest` or `grow`',
        found: flexible.map(({ name, size }) => `${name}: ${size as string}`).join(', '),
      },
    ];
  }
  if (first?.size === 'grow' && first !== partitions.at(-1)) {
    return [
      {
        what: `The partition ${first.name} cannot grow, since another follows it.`,
        hint: `Move ${first.name} to the end of the disk, or give it the size \`rest\`.`,
      },
    ];
  }
  if (first?.size === 'rest' && bytes === undefined) {
    return [
      {
        what: `The partition ${first.name} takes the rest of a disk that has no size.`,
        hint: `Give the disk a size, or ${first.name} the size \`grow\`.`,
      },
    ];
  }
  return [];
}

function partitionFindings(
  { name, type, size, filesystem }: PartitionSpec,
  table: DiskSpec['table'],
): Diagnostic[] {
  const found: Diagnostic[] = [];
  if (!NAME.test(name)) {
    found.push({
      what: `The partition name ${JSON.stringify(name)} is not usable.`,
      expected: '1 to 36 of the characters A-Z a-z 0-9 . _ -, the first a letter or digit',
    });
  }
  if (table === 'mbr' && type === 'bios-boot') {
    found.push({
      what: `The partition ${name} has the type bios-boot, which an mbr table does not know.`,
      hint: 'Leave it out: GRUB stands in the gap after an MBR.',
    });
  }
  if (typeof size !== 'string' && !(Number.isSafeInteger(size.bytes) && size.bytes > 0)) {
    found.push({
      what: `The size of the partition ${name} is not a positive number of bytes.`,
      found: String(size.bytes),
    });
  }
  const wanted = filesystemOf(type);
  if (filesystem !== undefined && filesystem !== wanted) {
    found.push({
      what: `The partition ${name} of type ${type} cannot hold ${filesystem}.`,
      expected: wanted ?? 'no file system',
      found: filesystem,
    });
  }
  return found;
}

function filesystemOf(type: PartitionSpec['type']): PartitionSpec['filesystem'] {
  const filesystems = {
    'bios-boot': undefined,
    esp: 'vfat',
    fat: 'vfat',
    swap: 'swap',
    linux: 'ext4',
  } as const;
  return filesystems[type];
}
