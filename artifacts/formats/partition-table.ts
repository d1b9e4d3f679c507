/** GPT and MBR partition tables, written and read by sfdisk(8) on a plain file. */
import { z } from 'zod';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { parseRecord } from '../../base/schema/record.js';
import type { DiskLayout, PlacedPartition } from './disk-layout.js';
import type { PartitionType } from './disk-spec.js';

/**
 * GPT partition type GUIDs, upper case: UEFI 2.10 table 5-7 (ESP), GNU GRUB manual (BIOS boot), Linux
 * `Discoverable Partitions Specification` (swap, plain Linux file system), Microsoft basic data (fat).
 */
const GPT_TYPES: Readonly<Record<PartitionType, string>> = {
  'bios-boot': '21686148-6449-6E6F-744E-656564454649',
  esp: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  swap: '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F',
  linux: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
  fat: 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7',
};

/** MBR partition types as two hex digits; `fat` is FAT32 with LBA. */
const MBR_TYPES: Readonly<Record<Exclude<PartitionType, 'bios-boot'>, string>> = {
  esp: 'ef',
  swap: '82',
  linux: '83',
  fat: '0c',
};

/** Type in the table's own words: GPT type GUID upper case, or MBR type as two hex digits. */
export function partitionTypeCode(table: DiskLayout['table'], type: PartitionType): string {
  if (table === 'gpt') return GPT_TYPES[type];
  if (type === 'bios-boot')
    throw new Failure('recipe', { what: 'An mbr table does not know the type bios-boot.' });
  return MBR_TYPES[type];
}

/** The disk's identity in the table's own words: GUID, or the 32-bit disk signature as 8 hex digits. */
function diskIdentity({ table, guid }: Pick<DiskLayout, 'table' | 'guid'>): string {
  return table === 'gpt' ? guid : guid.replaceAll('-', '').slice(0, 8).toLowerCase();
}

/** What Linux shows as PARTUUID: the GPT unique GUID, or disk signature and number (`1a2b3c4d-01`). */
export function partitionIdentity(
  layout: Pick<DiskLayout, 'table' | 'guid'>,
  partition: PlacedPartition,
): string {
  if (layout.table === 'gpt') return partition.guid;
  return `${diskIdentity(layout)}-${partition.number.toString(16).padStart(2, '0')}`;
}

/** The input of sfdisk(8) for a layout. */
export function sfdiskScript(layout: DiskLayout): string {
  const gpt = layout.table === 'gpt';
  const head = gpt
    ? // The first sector that GPT may use, not the first that is aligned: as other partitioners write it.
      ['label: gpt', `label-id: ${layout.guid}`, 'first-lba: 34']
    : ['label: dos', `label-id: 0x${diskIdentity(layout)}`];
  const lines = layout.partitions.map((partition) => {
    const fields = [
      `start=${partition.firstLba}`,
      `size=${partition.sectors}`,
      `type=${partitionTypeCode(layout.table, partition.type)}`,
    ];
    if (gpt) fields.push(`uuid=${partition.guid}`, `name="${partition.name}"`);
    // Some BIOSes boot no disk whose MBR marks no partition active.
    else if (partition.active ?? partition.mount === '/') fields.push('bootable');
    if (gpt && partition.active === true) fields.push('attrs=LegacyBIOSBootable');
    return fields.join(', ');
  });
  return `${[...head, 'unit: sectors', 'sector-size: 512', '', ...lines].join('\n')}\n`;
}

/** Writes the table into an image of the layout's size. @throws Failure of kind `tool` or `host`. */
export async function writePartitionTable(
  run: Ports['run'],
  image: string,
  layout: DiskLayout,
): Promise<void> {
  const never = ['--no-reread', '--no-tell-kernel', '--wipe', 'never', '--wipe-partitions', 'never'];
  await run(['sfdisk', '--quiet', '--lock=no', ...never, image], {
    doing: 'write the partition table',
    input: sfdiskScript(layout),
  });
}

const dump = z.object({
  partitiontable: z.object({
    label: z.enum(['gpt', 'dos']),
    id: z.string(),
    partitions: z
      .array(
        z.object({
          node: z.string(),
          start: z.number(),
          size: z.number(),
          type: z.string(),
          uuid: z.string().optional(),
          name: z.string().optional(),
        }),
      )
      .default([]),
  }),
});

export interface ReadPartition {
  readonly number: number;
  readonly firstLba: number;
  readonly sectors: number;
  /** GPT type GUID upper case, or MBR type as two hex digits. */
  readonly type: string;
  /** GPT unique partition GUID, lower case. */
  readonly guid?: string;
  readonly name?: string;
}

export interface ReadTable {
  readonly table: DiskLayout['table'];
  /** GPT disk GUID lower case, or the disk signature as 8 hex digits. */
  readonly identity: string;
  readonly partitions: readonly ReadPartition[];
}

/** Reads the table of an image. @throws Failure of kind `tool` when it has none, `integrity` when it is not understood. */
export async function readPartitionTable(run: Ports['run'], image: string): Promise<ReadTable> {
  const { stdout } = await run(['sfdisk', '--json', image], {
    doing: 'read the partition table',
    quiet: true,
  });
  const { partitiontable } = parseRecord(stdout, dump, {
    file: `sfdisk --json ${image}`,
    what: `What sfdisk says of the table of ${image}`,
  });
  const { label, id, partitions } = partitiontable;
  return {
    table: label === 'dos' ? 'mbr' : 'gpt',
    identity: id.toLowerCase().replace(/^0x/, ''),
    partitions: partitions.map(({ node, start, size, type, uuid, name }) => ({
      number: Number(/\d+$/.exec(node)?.[0]),
      firstLba: start,
      sectors: size,
      type: label === 'dos' ? type.toLowerCase().padStart(2, '0') : type.toUpperCase(),
      ...(uuid === undefined ? {} : { guid: uuid.toLowerCase() }),
      ...(name === undefined ? {} : { name }),
    })),
  };
}
