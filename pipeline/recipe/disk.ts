/** `disk:` as written to a DiskSpec: defaults, identifiers, and the layouts that cannot be. */
import type { z } from 'zod';
import type { DiskSpec, PartitionSpec, PartitionType } from '../../artifacts/formats/disk-spec.js';
import type { Diagnostic } from '../../base/failure.js';
import { formatSize, MIB } from '../../base/size.js';
import { recipeFatId, recipeUuid } from '../../base/uuid.js';
import { type Node, type Path, placeAt } from '../../base/yaml/node.js';
import type { diskSchema } from './schema.js';

type WrittenDisk = z.output<typeof diskSchema>;
type WrittenPartition = WrittenDisk['partitions'][number];
type Filesystem = NonNullable<PartitionSpec['filesystem']>;

/** File systems that each type of partition may hold; the first is the default. */
const FILESYSTEMS: Readonly<Record<PartitionType, readonly Filesystem[]>> = {
  'bios-boot': [],
  esp: ['vfat'],
  swap: ['swap'],
  linux: ['ext4'],
  fat: ['vfat'],
};
/** Primary partitions of an MBR. */
const MBR_MOST = 4;

/**
 * The disk with everything filled in. `node` is the `disk` section, for places; what is wrong is appended to `problems`.
 * Guids and UUIDs follow from the recipe's name and the partition's name.
 */
export function normaliseDisk(
  recipeName: string,
  disk: WrittenDisk,
  node: Node,
  problems: Diagnostic[],
): DiskSpec {
  const partitions = disk.partitions.map((partition) => normalisePartition(recipeName, partition));
  const spec: DiskSpec = {
    table: disk.table,
    ...(disk.size === undefined ? {} : { bytes: disk.size }),
    guid: recipeUuid(recipeName, 'disk'),
    partitions,
  };
  const findings = new Findings(node, problems);
  checkPartitions(spec, disk.partitions, findings);
  checkWhole(spec, findings);
  return spec;
}

function normalisePartition(recipeName: string, written: WrittenPartition): PartitionSpec {
  const { name, type, size } = written;
  const filesystem = written.filesystem ?? FILESYSTEMS[type][0];
  const mount = written.mount ?? (type === 'esp' ? '/boot/efi' : undefined);
  return {
    name,
    type,
    size,
    guid: recipeUuid(recipeName, `partition/${name}`),
    ...(filesystem === undefined ? {} : { filesystem }),
    ...(mount === undefined ? {} : { mount }),
    ...(filesystem === undefined
      ? {}
      : {
          filesystemUuid: (filesystem === 'vfat' ? recipeFatId : recipeUuid)(
            recipeName,
            `filesystem/${name}`,
          ),
        }),
  };
}

class Findings {
  constructor(
    readonly node: Node,
    private readonly problems: Diagnostic[],
  ) {}

  add(path: Path, finding: Omit<Diagnostic, 'place'>): void {
    this.problems.push({ ...finding, place: placeAt(this.node, path) });
  }
}

function checkPartitions(spec: DiskSpec, written: readonly WrittenPartition[], findings: Findings): void {
  const names = new Map<string, number>();
  const mounts = new Map<string, string>();
  spec.partitions.forEach((partition, index) => {
    const at = (key: string): Path => ['partitions', index, key];
    const { name, type, filesystem, mount } = partition;
    if (names.has(name))
      findings.add(at('name'), {
        what: `Two partitions are named \`${name}\`.`,
        hint: 'Give each partition a name of its own.',
      });
    names.set(name, index);
    if (type === 'bios-boot' && spec.table === 'mbr') {
      findings.add(at('type'), {
        what: 'An MBR has no BIOS-boot partition.',
        expected: '`table: gpt`, or no `bios-boot` partition',
        hint: 'On an MBR disk GRUB lies between the MBR and the first partition.',
      });
    }
    const fitting = FILESYSTEMS[type];
    if (filesystem !== undefined && !fitting.includes(filesystem)) {
      findings.add(at('filesystem'), {
        what: `A partition of type \`${type}\` cannot hold \`${filesystem}\`.`,
        expected: fitting.length === 0 ? 'no `filesystem`' : fitting.join(' or '),
      });
    }
    if (mount === undefined) return;
    if (type === 'swap' || type === 'bios-boot') {
      findings.add(at('mount'), {
        what: `A partition of type \`${type}\` cannot be mounted.`,
        expected: 'no `mount`',
      });
    } else if (mount === '/' && type !== 'linux') {
      findings.add(at('mount'), {
        what: 'The root must be a Linux file system.',
        expected: '`type: linux`',
        found: `\`type: ${type}\``,
      });
    }
    const other = mounts.get(mount);
    if (other !== undefined) {
      const path = written[index]?.mount === undefined ? at('name') : at('mount');
      findings.add(path, {
        what: `\`${other}\` and \`${name}\` are both mounted on \`${mount}\`.`,
        hint: 'Mount one of them elsewhere.',
      });
    }
    mounts.set(mount, name);
  });
}

function checkWhole(spec: DiskSpec, findings: Findings): void {
  const { partitions } = spec;
  const list: Path = ['partitions'];
  if (!partitions.some((partition) => partition.mount === '/')) {
    findings.add(list, {
      what: 'No partition is mounted on `/`.',
      hint: 'Give the root partition `mount: /`.',
    });
  }
  const open = partitions.flatMap((partition, index) => (typeof partition.size === 'string' ? [index] : []));
  const last = partitions.length - 1;
  if (open.length === 0) {
    findings.add(['partitions', last, 'size'], {
      what: 'No partition takes what is left of the disk.',
      expected: '`size: rest` or `size: grow` for the last partition',
    });
  }
  for (const index of open) {
    const { name, size: word } = partitions[index] ?? {};
    const size = typeof word === 'string' ? `\`${word}\`` : '';
    if (open.length > 1 && index !== open.at(-1)) {
      findings.add(['partitions', index, 'size'], {
        what: 'Only one partition can take what is left of the disk.',
        found: size,
      });
    } else if (index !== last) {
      findings.add(['partitions', index, 'size'], {
        what: `Only the last partition can have the size ${size}.`,
        hint: `Move \`${name}\` to the end of \`partitions\`.`,
      });
    }
  }
  if (spec.table === 'mbr' && partitions.length > MBR_MOST) {
    findings.add(list, {
      what: 'Too many partitions for an MBR.',
      expected: `at most ${MBR_MOST}`,
      found: String(partitions.length),
    });
  }
  checkSum(spec, findings);
}

/** The least that the layout takes: 1 MiB before the first partition, 1 MiB for the backup GPT, 1 MiB for an open size. */
function checkSum(spec: DiskSpec, findings: Findings): void {
  if (spec.bytes === undefined) {
    const rest = spec.partitions.findIndex((partition) => partition.size === 'rest');
    if (rest >= 0) {
      findings.add(['partitions', rest, 'size'], {
        what: 'Without a disk size nothing is left that `rest` could mean.',
        expected: '`size` for the disk, or `grow` for the last partition',
      });
    }
    return;
  }
  const fixed = spec.partitions.reduce(
    (sum, { size }) => sum + (typeof size === 'string' ? MIB : size.bytes),
    0,
  );
  const least = MIB + fixed + (spec.table === 'gpt' ? MIB : 0);
  if (least <= spec.bytes) return;
  findings.add(['size'], {
    what: `The disk is too small by ${(least - spec.bytes) / MIB} MiB for its partitions.`,
    expected: `at least ${formatSize(least)}`,
    found: formatSize(spec.bytes),
    hint: 'Enlarge `disk.size` or make partitions smaller.',
  });
}
