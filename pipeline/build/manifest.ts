/** Gathers the manifest of a build from its plan, what the stages recorded, and the files that lie ready. */

import type { Manifest, ReleaseFile } from '../../artifacts/release/manifest.js';
import { MANIFEST_FORMAT } from '../../artifacts/release/manifest.js';
import { digestFiles } from '../../artifacts/release/release.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { lunsmithVersion } from '../../base/version.js';
import { toolVersions } from '../plan/keys/tool-versions.js';
import type { Plan } from '../plan/plan.js';
import { artifactRoles } from './artifact-roles.js';

/** What steps record under these keys has the shape of the manifest's. */
const OPTIONAL = [
  'distribution',
  'kernel',
  'console',
  'loader',
  'multipath',
  'vlan',
  'clientFiles',
  'packages',
] as const;
type Recorded = Pick<Manifest, 'disk' | 'boot' | (typeof OPTIONAL)[number]>;

/**
 * A file that no stage spoke of, as a hook adds it, has the role `other`.
 * @param known digests of files that were taken when they were made
 */
export async function describeRelease(
  plan: Plan,
  records: ReadonlyMap<string, unknown>,
  staging: string,
  known: readonly ReleaseFile[],
  ports: Ports,
): Promise<Manifest> {
  const { recipe } = plan;
  const [files, tools, lunsmith] = await Promise.all([
    digestFiles(staging, { ...ports, known }),
    toolVersions(plan.tools),
    lunsmithVersion(),
  ]);
  const roles = artifactRoles(records);
  return {
    format: MANIFEST_FORMAT,
    recipe: {
      name: recipe.name,
      sha256: recipe.digest,
      ...(recipe.version === undefined ? {} : { version: recipe.version }),
    },
    platform: recipe.platform,
    architecture: recipe.architecture,
    epoch: recipe.epoch,
    artifacts: files.map((file) => ({ ...file, role: roles.get(file.path) ?? 'other' })),
    tools,
    lunsmith,
    ...recorded(records),
  };
}

function recorded(records: ReadonlyMap<string, unknown>): Recorded {
  const disk = records.get('disk');
  if (disk === undefined) throw new Failure('internal', { what: 'No step recorded disk for the manifest.' });
  const optional = OPTIONAL.filter((key) => records.has(key)).map((key) => [key, records.get(key)]);
  // The manifest's schema judges the shapes before a byte is written.
  return { disk, boot: records.get('boot') ?? [], ...Object.fromEntries(optional) } as Recorded;
}
