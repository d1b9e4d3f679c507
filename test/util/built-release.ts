/** A small release on this machine that can be published to the host of a rig. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  commitRelease,
  digestFiles,
  type Release,
  readRelease,
  writeProof,
} from '../../artifacts/release/release.js';
import type { HostRig } from './host-rig.js';
import { proofOf, smallRelease } from './hosts.js';
import { METHODS, withRoles } from './manifest.js';

/** @param proven whether it has the proof that the host's gate asks for; default false */
export async function builtRelease(rig: HostRig, version: string, proven = false): Promise<Release> {
  const staging = join(rig.folder, 'staging');
  await mkdir(staging);
  const model = smallRelease(version);
  await writeFile(join(staging, 'disk.img'), model.disk);
  const artifacts = withRoles(await digestFiles(staging, { run: rig.ports.run }));
  const manifest = { ...model.manifest, artifacts, boot: METHODS };
  const { path, digest } = await commitRelease(staging, join(rig.folder, 'out'), manifest, rig.ports);
  if (proven) await writeProof(path, proofOf(digest, { firmware: 'bios', path: 'san', secret: 'right' }));
  return await readRelease(path);
}

export function publishOptions(rig: HostRig) {
  return { indexes: join(rig.folder, 'indexes'), lock: { words: 'a test' } };
}
