/** What differs between two releases, for people who want to know what an update brings. */
import type { Ports } from '../../../base/ports.js';
import { compareBlocks } from '../../formats/block-index.js';
import { BLOCK } from '../../formats/ext4-size.js';
import { compareTrees, type TreeChanges } from '../../formats/file-tree/compare.js';
import type { Release } from '../release.js';
import { artifactOf } from '../roles.js';
import { type BootChange, compareBoot } from './boot.js';
import type { Change } from './change.js';
import { type Image, openImages, readablePairs, readPartition } from './images.js';
import {
  compareDisks,
  compareKernels,
  compareOrigins,
  comparePackages,
  type PackageChanges,
} from './manifests.js';

export interface ComparedRelease {
  /** Absolute path of the release's folder. */
  readonly path: string;
  /** The manifest's sha256. */
  readonly digest: string;
}

/** The files of one file system, paths as the booted system has them. */
export interface FilesystemChanges extends TreeChanges {
  /** Name of the partition. */
  readonly partition: string;
  readonly mount?: string;
}

/** Counts of 4 KiB blocks of the LUN image that are not zero. */
export interface ImageChanges {
  readonly blockBytes: number;
  readonly old: ImageSize;
  readonly new: ImageSize;
  /** Blocks of the new image that the old one has at the same position. */
  readonly unchanged: number;
  /** Blocks that the old image has at another position. */
  readonly moved: number;
  /** Blocks that the old image does not have. */
  readonly added: number;
}

interface ImageSize {
  /** Apparent size, bytes. */
  readonly bytes: number;
  readonly nonZeroBlocks: number;
  readonly nonZeroBytes: number;
}

export interface ReleaseDiff {
  /** Whether the digests agree; then nothing else was read, and there is nothing else. */
  readonly same: boolean;
  readonly old: ComparedRelease;
  readonly new: ComparedRelease;
  /** Recipe, distribution, tools. */
  readonly origin: readonly Change[];
  readonly packages: PackageChanges;
  readonly kernel: readonly Change[];
  readonly boot: readonly BootChange[];
  readonly disk: readonly Change[];
  /** One for each file system that can be read and both releases have; none when the images are the same. */
  readonly filesystems: readonly FilesystemChanges[];
  /** Absent when the images are the same. */
  readonly blocks?: ImageChanges;
}

/**
 * Compares two releases. The images are read once, their holes never; nothing is mounted.
 * @throws Failure of kind `integrity` when a release is damaged, `tool`, `host`, `interrupted`
 */
export async function diffReleases(a: Release, b: Release, ports: Ports): Promise<ReleaseDiff> {
  const [old, now] = [a.manifest, b.manifest];
  return {
    same: a.digest === b.digest,
    old: { path: a.path, digest: a.digest },
    new: { path: b.path, digest: b.digest },
    origin: compareOrigins(old, now),
    packages: comparePackages(old, now),
    kernel: compareKernels(old, now),
    boot: await compareBoot(a, b, ports),
    disk: compareDisks(old, now),
    ...(await diffImages(a, b, ports)),
  };
}

async function diffImages(
  a: Release,
  b: Release,
  ports: Ports,
): Promise<Pick<ReleaseDiff, 'filesystems' | 'blocks'>> {
  const [old, now] = [a, b].map(({ manifest }) => artifactOf(manifest, 'lun-image'));
  if (old === undefined || now === undefined || old.digest === now.digest) return { filesystems: [] };
  const [left, right] = await openImages(a, b, ports);
  await using _left = left;
  await using _right = right;
  const filesystems: FilesystemChanges[] = [];
  for (const { old: before, now: after } of readablePairs(a, b)) {
    const [one, other] = [await readPartition(left, before), await readPartition(right, after)];
    ports.signal.throwIfAborted();
    const changes = compareTrees(one, other);
    const mount = after.mount;
    filesystems.push({
      partition: after.name,
      ...(mount === undefined ? {} : { mount }),
      ...(mount === undefined || mount === '/' ? changes : below(mount, changes)),
    });
  }
  const blocks = {
    blockBytes: BLOCK,
    old: sizeOf(left),
    new: sizeOf(right),
    ...compareBlocks(left.index, right.index),
  };
  return { filesystems, blocks };
}

function sizeOf({ index: { bytes, nonZero } }: Image): ImageSize {
  return { bytes, nonZeroBlocks: nonZero, nonZeroBytes: nonZero * BLOCK };
}

/** The same changes with the paths of the booted system. */
function below(mount: string, { added, removed, changed }: TreeChanges): TreeChanges {
  const move = <T extends { readonly path: string }>(each: T): T => ({
    ...each,
    path: each.path === '/' ? mount : `${mount}${each.path}`,
  });
  return { added: added.map(move), removed: removed.map(move), changed: changed.map(move) };
}
