/** All that the report of a release tells, as plain data. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { indexBlocks } from '../../artifacts/formats/block-index.js';
import { diffReleases, type ReleaseDiff } from '../../artifacts/release/compare/release-diff.js';
import type { Artifact, Manifest } from '../../artifacts/release/manifest.js';
import type { Proof } from '../../artifacts/release/proof.js';
import { type Release, readRelease } from '../../artifacts/release/release.js';
import { imagePath } from '../../artifacts/release/release-file.js';
import { artifactOf } from '../../artifacts/release/roles.js';
import type { Ports } from '../../base/ports.js';
import type { PackageFacts } from '../../stages/distribution/topics.js';
import { releaseBefore } from './before.js';
import { type DiskMap, mapDisk } from './disk-map.js';
import { packagesOf } from './packages.js';
import { sbomOf } from './sbom.js';
import { type CellScreens, screensOf } from './screens.js';
import { type CellTimeline, timelinesOf } from './timeline.js';

export interface ReportedFile extends Artifact {
  /** Bytes that it occupies on its disk; undefined when it is missing. */
  readonly allocated: number | undefined;
}

export interface ReleaseReport {
  readonly kind: 'release';
  readonly digest: string;
  readonly manifest: Manifest;
  /** Proofs of this release alone: a file that tells of another proves nothing. */
  readonly proofs: readonly Proof[];
  readonly timelines: readonly CellTimeline[];
  readonly screens: readonly CellScreens[];
  readonly files: readonly ReportedFile[];
  /** Absent where the release has no LUN image. */
  readonly disk?: DiskMap;
  /** Absent where no package manager's records can be read in the image; the manifest may name packages nevertheless. */
  readonly packages?: readonly PackageFacts[];
  /** The release that it is compared with, and what differs. */
  readonly before?: { readonly digest: string; readonly diff: ReleaseDiff };
  /** CycloneDX, JSON. */
  readonly sbom: string;
}

/** How many pieces the map of the disk tells of. */
const PIECES = 400;

export interface ReleaseReportRequest {
  /** Folder of the release. */
  readonly release: string;
  /** Folder of the one that it is compared with; absent: the one before it in its folder, if there is one. */
  readonly before?: string | undefined;
}

/** @throws Failure of kind `usage` when one of the folders is no release, `integrity` when one is damaged */
export async function reportRelease(request: ReleaseReportRequest, ports: Ports): Promise<ReleaseReport> {
  const release = await readRelease(request.release);
  const before =
    request.before === undefined ? await releaseBefore(release) : await readRelease(request.before);
  const { manifest, digest } = release;
  const proofs = proofsOf(release);
  const packages = await packagesOf(release, ports.signal);
  const disk = await diskOf(release, ports);
  return {
    kind: 'release',
    ...{ digest, manifest, proofs },
    timelines: timelinesOf(proofs, before === undefined ? [] : proofsOf(before)),
    screens: await screensOf(release.path, proofs),
    files: await Promise.all(manifest.artifacts.map((file) => reportFile(release.path, file))),
    ...(disk === undefined ? {} : { disk }),
    ...(packages === undefined ? {} : { packages }),
    ...(before === undefined
      ? {}
      : { before: { digest: before.digest, diff: await diffReleases(before, release, ports) } }),
    sbom: sbomOf(release),
  };
}

function proofsOf({ proofs, digest }: Release): Proof[] {
  return proofs.filter((proof) => proof.release === digest);
}

async function diskOf(release: Release, ports: Ports): Promise<DiskMap | undefined> {
  if (artifactOf(release.manifest, 'lun-image') === undefined) return undefined;
  return mapDisk(release.manifest, await indexBlocks(imagePath(release), ports), PIECES);
}

async function reportFile(folder: string, file: Artifact): Promise<ReportedFile> {
  const found = await stat(join(folder, file.path)).catch(() => undefined);
  // stat(2): st_blocks counts units of 512 bytes whatever the file system's block size.
  return { ...file, allocated: found === undefined ? undefined : found.blocks * 512 };
}
