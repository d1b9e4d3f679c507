/** The disk that the client writes to, and what it left on it. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dataRanges } from '../artifacts/formats/file-digest.js';
import { inBoth } from '../artifacts/formats/ranges.js';
import { copyInto, createSparse, readAt } from '../artifacts/formats/sparse.js';
import type { Manifest } from '../artifacts/release/manifest.js';
import { lunImageOf } from '../artifacts/release/roles.js';
import { Failure } from '../base/failure.js';
import type { Ports } from '../base/ports.js';
import type { GateRequest, ToolNeed } from './request.js';

const SECTOR = 512;
/** Of a Btrfs: its superblock is at 64 KiB. */
const LOG_ROOT = 0x10000 + 0x60;

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
  readonly bytes: number;
  readonly filesystem: 'ext4' | 'btrfs';
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
  const { filesystem, filesystemUuid: uuid } = root ?? {};
  if (root !== undefined && uuid !== undefined && (filesystem === 'ext4' || filesystem === 'btrfs')) {
    return { uuid, offset: root.firstLba * SECTOR, bytes: root.sectors * SECTOR, filesystem };
  }
  throw new Failure('usage', {
    what: 'This release cannot be booted: its disk has no root file system.',
    expected: 'one partition with `mount: /` and ext4 or Btrfs',
  });
}

/** Programs that look at the root of a release, besides those that every cell needs. */
export function diskTools(manifest: Manifest): readonly ToolNeed[] {
  const btrfs = manifest.disk.partitions.some(
    ({ mount, filesystem }) => mount === '/' && filesystem === 'btrfs',
  );
  return btrfs ? [{ name: 'btrfs', package: 'btrfs-progs' }] : [];
}

export interface DiskState {
  readonly clean: boolean;
  readonly found: string;
}

/** Looks at the root file system after the client is off, writing nothing to it. */
export function inspectRoot(
  disk: string,
  root: Pick<RootPartition, 'offset' | 'bytes' | 'filesystem'>,
  ports: Ports,
): Promise<DiskState> {
  return root.filesystem === 'btrfs'
    ? inspectBtrfs(disk, root, ports)
    : inspectExt4(disk, root.offset, ports);
}

/**
 * `btrfs check` knows no offset, so the partition is taken out of the disk first, without its holes. What was written and not yet
 * committed stands in a tree of its own, which the superblock names (struct btrfs_super_block: log_root).
 */
async function inspectBtrfs(
  disk: string,
  { offset, bytes }: Pick<RootPartition, 'offset' | 'bytes'>,
  ports: Ports,
): Promise<DiskState> {
  const file = `${disk}.root`;
  try {
    await createSparse(file, bytes);
    const part = { start: offset, end: offset + bytes };
    const data = await dataRanges(ports.run, disk);
    await copyInto(disk, file, -offset, data === undefined ? [part] : inBoth(data, [part]));
    const { stdout, stderr, exitCode } = await ports.run(['btrfs', 'check', '--readonly', file], {
      doing: 'check the root file system',
      quiet: true,
      okExitCodes: [0, 1],
    });
    const log = (await readAt(file, LOG_ROOT, 8)).some((byte) => byte !== 0);
    const last = `${stdout}\n${stderr}`.trim().split('\n').slice(-3).join(' / ');
    const state = exitCode === 0 ? 'whole' : `errors (btrfs check exit code ${exitCode})`;
    const flag = log
      ? 'its log must be replayed: it was not unmounted or remounted read-only'
      : 'its log is empty';
    return {
      clean: exitCode === 0 && !log,
      found: `${state}, ${flag}${exitCode === 0 ? '' : `: ${last}`}`,
    };
  } finally {
    await rm(file, { force: true });
  }
}

/**
 * `e2fsck -n` says whether its structure is
 * whole; whether it was unmounted or the journal still holds changes is a flag, which e2fsck names.
 */
async function inspectExt4(disk: string, offset: number, ports: Ports): Promise<DiskState> {
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
