/** A release with what only its files tell: how much they occupy, and whether they are what the manifest says. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Artifact, Manifest } from '../artifacts/release/manifest.js';
import type { Proof } from '../artifacts/release/proof.js';
import { readRelease, verifyRelease } from '../artifacts/release/release.js';
import { createPorts } from '../base/command.js';

export interface InspectedFile {
  readonly role: Artifact['role'];
  readonly path: string;
  /** Apparent size in bytes. */
  readonly bytes: number;
  /** Bytes that the file occupies on its disk; absent when it is missing. */
  readonly allocated?: number;
  readonly digest: string;
}

export interface InspectedRelease {
  readonly path: string;
  readonly digest: string;
  readonly manifest: Manifest;
  readonly proofs: readonly Proof[];
  readonly files: readonly InspectedFile[];
  /** What differs from the manifest; empty when every digest was verified. */
  readonly problems: readonly string[];
}

/** Reads every byte of the release. @throws Failure of kind `usage` if it is none, `integrity` if it cannot be read */
export async function inspectRelease(folder: string, signal: AbortSignal): Promise<InspectedRelease> {
  const release = await readRelease(folder);
  const { manifest, digest, proofs } = release;
  const { run } = createPorts({ emit: () => undefined, signal });
  const files = await Promise.all(manifest.artifacts.map((file) => inspectFile(release.path, file)));
  const problems = [...(await verifyRelease(release, { run, signal })), ...misnamed(release.path, digest)];
  return { path: release.path, digest, manifest, proofs, files, problems };
}

async function inspectFile(folder: string, file: Artifact): Promise<InspectedFile> {
  const found = await stat(path.join(folder, file.path)).catch(() => undefined);
  // stat(2): st_blocks counts units of 512 bytes whatever the file system's block size.
  return { ...file, ...(found === undefined ? {} : { allocated: found.blocks * 512 }) };
}

/** A release in its place is named by its manifest's digest; a copy may have any name. */
function misnamed(folder: string, digest: string): string[] {
  const name = path.basename(folder);
  return /^[0-9a-f]{64}$/.test(name) && name !== digest
    ? [`manifest.json: its sha256 is ${digest}, not the folder’s name`]
    : [];
}
