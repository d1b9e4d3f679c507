/** `disk:` as written to a DiskSpec: defaults and identifiers, and where what is wrong with it was written. */
import type { z } from 'zod';
import { checkDisk, type DiskFinding, FILESYSTEMS } from '../../artifacts/formats/disk-check.js';
import type { DiskSpec, PartitionSpec } from '../../artifacts/formats/disk-spec.js';
import { DEFAULT_LOADER, type LoaderSpec } from '../../artifacts/platform/loader.js';
import { recipeFatId, recipeUuid } from '../../base/uuid.js';
import type { diskSchema } from './schema.js';

export type WrittenDisk = z.output<typeof diskSchema>;
type WrittenPartition = WrittenDisk['partitions'][number];

/** The disk with everything filled in. Guids and UUIDs follow from the recipe's name and the partition's name. */
export function normaliseDisk(recipeName: string, disk: WrittenDisk): DiskSpec {
  return {
    table: disk.table,
    ...(disk.size === undefined ? {} : { bytes: disk.size }),
    ...(disk.overlay === undefined ? {} : { overlay: disk.overlay }),
    guid: recipeUuid(recipeName, 'disk'),
    partitions: disk.partitions.map((partition) => normalisePartition(recipeName, partition)),
  };
}

/** What it says of the boot loader; undefined when that is the default. */
export function normaliseLoader({ loader, firmware }: WrittenDisk): LoaderSpec | undefined {
  if (loader === DEFAULT_LOADER.name && firmware === undefined) return undefined;
  return { name: loader, ...(firmware === undefined ? {} : { firmware }) };
}

/** What is wrong with it, by paths that the recipe wrote: one to a default leads to the partition's name. */
export function diskFindings(written: WrittenDisk, spec: DiskSpec): DiskFinding[] {
  return checkDisk(spec).map((finding) => {
    const [list, index, key] = finding.path;
    const unwritten = key === 'mount' && written.partitions[Number(index)]?.mount === undefined;
    return unwritten && list !== undefined && index !== undefined
      ? { ...finding, path: [list, index, 'name'] }
      : finding;
  });
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
