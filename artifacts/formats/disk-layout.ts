/**
 * Where each partition stands on the disk. Pure: nothing is read and nothing is written, so that an impossible
 * layout is refused before work begins.
 */
import { Failure } from '../../base/failure.js';
import { MIB } from '../../base/size.js';
import { aligned, checkDisk, HEAD, leastBytes, TAIL } from './disk-check.js';
import type { DiskSpec, PartitionSpec } from './disk-spec.js';

export { MIB };

/** Bytes of a sector as the partition tables count it; iSCSI targets present 512 unless told otherwise. */
export const SECTOR = 512;

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
  readonly overlay?: DiskSpec['overlay'];
}

/**
 * Places the partitions in the order given, each start and end on a multiple of 1 MiB; a size that is no multiple is
 * rounded up, and the last partition takes what is left.
 * @param contentBytes bytes that the `grow` partition of a disk without a size needs; absent before the content is known,
 *   when the least layout is planned
 * @throws Failure of kind `recipe` that holds every reason why the layout is impossible.
 */
export function planLayout(spec: DiskSpec, contentBytes: number = MIB): DiskLayout {
  requirePossible(spec);
  const { table, guid, overlay } = spec;
  const bytes = spec.bytes ?? leastBytes(spec) - MIB + Math.max(MIB, aligned(contentBytes));
  requirePossible({ ...spec, bytes });
  let offset = HEAD;
  const partitions = spec.partitions.map(({ size, ...rest }, index) => {
    const length = typeof size === 'string' ? bytes - TAIL[table] - offset : aligned(size.bytes);
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
  return { table, guid, bytes, partitions, ...(overlay === undefined ? {} : { overlay }) };
}

/** A recipe was judged before; other callers learn it here. */
function requirePossible(spec: DiskSpec): void {
  const [first, ...more] = checkDisk(spec).map(({ path, what, ...finding }) => {
    const at = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
    return { what: `disk${at}: ${what}`, ...finding };
  });
  if (first !== undefined) throw new Failure('recipe', [first, ...more]);
}

/** Bytes in whole MiB, rounded up: `37 MiB`. */
export function mib(bytes: number): string {
  return `${Math.ceil(bytes / MIB)} MiB`;
}
