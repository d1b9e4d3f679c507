/** Gathers the manifest of a build from its plan, what the stages recorded, and the files that lie ready. */

import type { Manifest } from '../../artifacts/release/manifest.js';
import { digestFiles } from '../../artifacts/release/release.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { lunsmithVersion } from '../../base/version.js';
import { toolVersions } from '../plan/keys/tool-versions.js';
import type { Plan } from '../plan/plan.js';
import { SYSTEM } from './system.js';

/** What output stages record under these keys has the shape of the manifest's. */
const RECORDED = ['disk', 'kernel', 'packages'] as const;
type Recorded = Pick<Manifest, (typeof RECORDED)[number]>;

/** @param known digests of files that were taken when they were made */
export async function describeRelease(
  plan: Plan,
  records: ReadonlyMap<string, unknown>,
  staging: string,
  known: Manifest['files'],
  ports: Ports,
): Promise<Manifest> {
  const { recipe } = plan;
  const system = records.get(SYSTEM);
  const [files, tools, lunsmith] = await Promise.all([
    digestFiles(staging, { ...ports, known }),
    toolVersions(plan.tools),
    lunsmithVersion(),
  ]);
  return {
    format: 'lunsmith-manifest/1',
    recipe: {
      name: recipe.name,
      sha256: recipe.digest,
      ...(recipe.version === undefined ? {} : { version: recipe.version }),
    },
    architecture: recipe.architecture,
    epoch: recipe.epoch,
    system: typeof system === 'string' ? system : 'unknown',
    files,
    tools,
    lunsmith,
    ...recorded(records),
  };
}

function recorded(records: ReadonlyMap<string, unknown>): Recorded {
  const absent = RECORDED.filter((key) => !records.has(key));
  if (absent.length > 0) {
    throw new Failure('internal', { what: `No step recorded ${absent.join(', ')} for the manifest.` });
  }
  // The manifest's schema judges the shapes before a byte is written.
  return Object.fromEntries(RECORDED.map((key) => [key, records.get(key)])) as unknown as Recorded;
}
