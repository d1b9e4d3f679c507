/** The disk as the manifest describes it. */
import type { DiskLayout } from '../../artifacts/formats/disk-layout.js';
import { partitionIdentity, partitionTypeCode } from '../../artifacts/formats/partition-table.js';
import { DEFAULT_LOADER, type LoaderSpec } from '../../artifacts/platform/loader.js';
import type { Manifest } from '../../artifacts/release/manifest.js';

/** A layout in the manifest's words. */
export function describeDisk(layout: DiskLayout, loader: LoaderSpec = DEFAULT_LOADER): Manifest['disk'] {
  return {
    table: layout.table,
    ...(loader.name === DEFAULT_LOADER.name ? {} : { loader: loader.name }),
    bytes: layout.bytes,
    ...(layout.overlay === undefined ? {} : { overlay: layout.overlay }),
    guid: layout.guid,
    partitions: layout.partitions.map((partition) => ({
      number: partition.number,
      name: partition.name,
      type: partitionTypeCode(layout.table, partition.type),
      guid: partitionIdentity(layout, partition),
      firstLba: partition.firstLba,
      sectors: partition.sectors,
      ...(partition.filesystem === undefined ? {} : { filesystem: partition.filesystem }),
      ...(partition.filesystemUuid === undefined ? {} : { filesystemUuid: partition.filesystemUuid }),
      ...(partition.mount === undefined ? {} : { mount: partition.mount }),
      grow: partition.grow,
    })),
  };
}
