/** Finds the files of a release by what they are for. */
import { Failure } from '../../base/failure.js';
import type { BootMethod, Cell } from '../platform/platform.js';
import type { Artifact, Manifest, Role } from './manifest.js';

/** The first file with this role; undefined where the release has none. */
export function artifactOf({ artifacts }: Pick<Manifest, 'artifacts'>, role: Role): Artifact | undefined {
  return artifacts.find((each) => each.role === role);
}

/** All files with one of these roles, in the manifest's order. */
export function artifactsOf(
  { artifacts }: Pick<Manifest, 'artifacts'>,
  ...roles: readonly Role[]
): readonly Artifact[] {
  return artifacts.filter(({ role }) => roles.includes(role));
}

/** Path of the LUN image, relative to the release. @throws Failure of kind `usage` where there is none */
export function lunImageOf(manifest: Pick<Manifest, 'artifacts' | 'recipe'>): string {
  const image = artifactOf(manifest, 'lun-image');
  if (image !== undefined) return image.path;
  throw new Failure('usage', {
    what: `The release of ${manifest.recipe.name} has no LUN image.`,
    expected: 'one artifact with the role lun-image',
    found: manifest.artifacts.map(({ role, path }) => `${path} (${role})`).join(', ') || 'no artifact',
  });
}

/** Path of the file with this role that a boot method needs; undefined where the release does not offer it. */
export function bootArtifact(
  { boot }: Pick<Manifest, 'boot'>,
  method: BootMethod,
  role: Role,
): string | undefined {
  return boot.find((each) => each.method === method)?.artifacts[role];
}

/** Whether a release is made to be booted by this firmware and method. */
export function offersBoot(
  { boot }: Pick<Manifest, 'boot'>,
  { firmware, path }: Pick<Cell, 'firmware' | 'path'>,
): boolean {
  return boot.some((each) => each.method === path && (each.firmware?.includes(firmware) ?? true));
}

/** `debian 12`; undefined where the release has no distribution. */
export function distributionWords({ distribution }: Pick<Manifest, 'distribution'>): string | undefined {
  if (distribution === undefined) return undefined;
  return [distribution.id, distribution.version].filter((each) => each !== undefined).join(' ');
}

/** What a boot server shows of a release. Never the LUN image: clients have clones of it, which they reach over iSCSI. */
export function servedArtifacts(manifest: Pick<Manifest, 'artifacts'>): readonly Artifact[] {
  return artifactsOf(
    manifest,
    ...(['kernel', 'initramfs', 'command-line', 'ipxe-script', 'winpe-script', 'winpe'] as const),
  );
}
