/** The files beside the LUN image: kernel, initramfs, command lines and scripts. */
import type { Ports } from '../../../base/ports.js';
import { readInitramfs } from '../initramfs.js';
import type { Artifact } from '../manifest.js';
import type { Release } from '../release.js';
import { readReleaseFile } from '../release-file.js';
import { pair } from './change.js';
import { compareMembers, type MemberChanges } from './initramfs.js';
import { asText, unifiedDifference } from './text.js';

interface FileFacts {
  readonly bytes: number;
  readonly digest: string;
}

export interface BootChange {
  /** Relative to the release. */
  readonly path: string;
  /** Absent where only the other release has it. */
  readonly old?: FileFacts;
  readonly new?: FileFacts;
  /** Of a short text: the lines of the unified difference, hunk by hunk. */
  readonly lines?: readonly string[];
  /** Of an initramfs that can be unpacked. */
  readonly members?: MemberChanges;
}

/** @throws Failure of kind `integrity` when a file is missing, `tool`, `host`, `interrupted` */
export async function compareBoot(a: Release, b: Release, ports: Ports): Promise<BootChange[]> {
  const changes: BootChange[] = [];
  const besideLun = ({ manifest }: Release) => manifest.artifacts.filter(({ role }) => role !== 'lun-image');
  const files = pair(besideLun(a), besideLun(b), ({ path }) => path);
  for (const { key: path, old, now } of files) {
    if (old?.digest === now?.digest) continue;
    const detail = old === undefined || now === undefined ? {} : await compareContent(a, b, now, ports);
    changes.push({
      path,
      ...(old === undefined ? {} : { old: { bytes: old.bytes, digest: old.digest } }),
      ...(now === undefined ? {} : { new: { bytes: now.bytes, digest: now.digest } }),
      ...detail,
    });
  }
  return changes;
}

async function compareContent(
  a: Release,
  b: Release,
  { path, role }: Pick<Artifact, 'path' | 'role'>,
  ports: Ports,
): Promise<Pick<BootChange, 'lines' | 'members'>> {
  const [left, right] = [await readReleaseFile(a, path), await readReleaseFile(b, path)];
  if (asText(left) !== undefined && asText(right) !== undefined) {
    return { lines: await unifiedDifference(a, b, path, ports.run) };
  }
  if (role !== 'initramfs') return {};
  const [old, now] = [await readInitramfs(left, ports), await readInitramfs(right, ports)];
  return old === undefined || now === undefined ? {} : { members: compareMembers(old.flat(), now.flat()) };
}
