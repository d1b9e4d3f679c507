/** How much room a target host has, and how much its LUNs may still ask for. */
import { isFull, roomHint } from '../../host/room.js';

export interface Space {
  /** Bytes that the file system, pool or dataset of the LUNs has. */
  readonly total: number;
  /** Bytes that are free there. */
  readonly free: number;
  /** How many LUNs there are. */
  readonly luns: number;
  /** Bytes that the LUNs may take besides what they have, at most, when their clients write all of them. */
  readonly promised: number;
  /** Used part of the data and of the metadata of an LVM thin pool. */
  readonly pool?: { readonly dataPercent: number; readonly metadataPercent: number };
}

/** lvmthin(7): a pool whose metadata is full needs repair; it does not only refuse writes. */
const MOST_METADATA_PERCENT = 80;

/**
 * Bytes that LUNs may still take. How much of a LUN is its own is not known where blocks are shared: then it is taken to
 * share as much as the largest image holds, so the answer is an upper bound.
 * @param shared bytes that the largest image allocates; 0 where nothing is shared
 */
export function promisedBytes(
  luns: readonly { readonly bytes: number; readonly allocated: number }[],
  shared: number,
): number {
  return luns.reduce(
    (sum, { bytes, allocated }) => sum + Math.max(0, bytes - Math.max(0, allocated - shared)),
    0,
  );
}

export interface SpaceWarning {
  readonly message: string;
  readonly hint: string;
}

/** What threatens a host whose LUNs promise more than it has. */
export function thinExhaustion(host: string, space: Space): readonly SpaceWarning[] {
  const warnings: SpaceWarning[] = [];
  if (isFull(space.free)) {
    warnings.push({
      message: `${host} is full: ${space.free} of ${space.total} bytes are free. What its clients write fails.`,
      hint: roomHint(host),
    });
  }
  if (space.promised > space.free) {
    warnings.push({
      message: `The ${counted(space.luns)} on ${host} may grow by ${gib(space.promised)}, but ${gib(space.free)} of ${gib(space.total)} are free.`,
      hint: `When the host is full, its clients' writes fail. Add at least ${gib(space.promised - space.free)}, or remove clients and old generations.`,
    });
  }
  if (space.pool !== undefined && space.pool.metadataPercent >= MOST_METADATA_PERCENT) {
    warnings.push({
      message: `The metadata of the thin pool on ${host} is ${space.pool.metadataPercent} % full.`,
      hint: 'Extend it with `lvextend --poolmetadatasize`: a pool whose metadata is full needs repair.',
    });
  }
  return warnings;
}

function counted(luns: number): string {
  return luns === 1 ? 'LUN' : `${luns} LUNs`;
}

function gib(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
