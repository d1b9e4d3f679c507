/** The disk that the client writes to, and what it left on it. */
import { join } from 'node:path';
import type { Manifest } from '../artifacts/release/manifest.js';
import { lunImageOf } from '../artifacts/release/roles.js';
import { Failure } from '../base/failure.js';
import type { Ports } from '../base/ports.js';
import type { GateRequest } from './request.js';

const SECTOR = 512;

/**
 * A copy of the release's disk that shares its blocks where the file system can do that, and its holes everywhere. An
 * overlayfs would copy the whole file too, at the first opening for writing.
 * @param disk absolute path of the copy; default: one in the scratch folder
 * @returns its path
 */
export async function copyDisk(
  { release, manifest, scratch }: Pick<GateRequest, 'release' | 'manifest' | 'scratch'>,
  ports: Ports,
  disk = join(scratch, 'client.img'),
): Promise<string> {
  // The release's is read-only.
  const how = ['--no-preserve=mode', '--reflink=auto', '--sparse=always'] as const;
  await ports.run(['cp', ...how, join(release, lunImageOf(manifest)), disk], {
    doing: 'copy the disk for the client',
    quiet: true,
  });
  return disk;
}

export interface RootPartition {
  readonly uuid: string;
  /** Bytes from the disk's beginning. */
  readonly offset: number;
}

/** Whether a disk that nobody was to write to is what the release has, byte for byte. @param disk the client's */
export async function isUntouched(
  disk: string,
  { release, manifest }: Pick<GateRequest, 'release' | 'manifest'>,
  ports: Ports,
): Promise<boolean> {
  const { exitCode } = await ports.run(['cmp', '--silent', disk, join(release, lunImageOf(manifest))], {
    doing: 'compare the disk with that of the release',
    quiet: true,
    okExitCodes: [0, 1],
  });
  return exitCode === 0;
}

/** @throws Failure of kind `usage` when the release has no root file system */
export function rootPartition(manifest: Manifest): RootPartition {
  const root = manifest.disk.partitions.find(({ mount }) => mount === '/');
  if (root?.filesystem === 'ext4' && root.filesystemUuid !== undefined) {
    return { uuid: root.filesystemUuid, offset: root.firstLba * SECTOR };
  }
  throw new Failure('usage', {
    what: 'This release cannot be booted: its disk has no root file system.',
    expected: 'one partition with `mount: /` and ext4',
  });
}

export interface DiskState {
  readonly clean: boolean;
  readonly found: string;
}

/**
 * Looks at the root file system after the client is off, writing nothing. `e2fsck -n` says whether its structure is
 * whole; whether it was unmounted or the journal still holds changes is a flag, which e2fsck names.
 */
export async function inspectRoot(disk: string, offset: number, ports: Ports): Promise<DiskState> {
  const { stdout, stderr, exitCode } = await ports.run(['e2fsck', '-f', '-n', `${disk}?offset=${offset}`], {
    doing: 'check the root file system',
    quiet: true,
    // e2fsck(8): 4 and 8 and their sums say what is wrong with the file system or the check.
    okExitCodes: [0, 4, 8, 12],
  });
  const text = `${stderr}\n${stdout}`;
  const journal = /skipping journal recovery|recovering journal/i.test(text);
  const state = exitCode === 0 ? 'whole' : `errors (e2fsck exit code ${exitCode})`;
  const flag = journal
    ? 'its journal must be replayed: it was not unmounted or remounted read-only'
    : 'its journal is empty';
  const last = exitCode === 0 ? '' : `: ${text.trim().split('\n').slice(-3).join(' / ')}`;
  return { clean: exitCode === 0 && !journal, found: `${state}, ${flag}${last}` };
}
