/** Versions of the Debian packages that hold the host's tools: part of a step's key and of the manifest. */
import { readFile } from 'node:fs/promises';
import type { ToolNeed } from '../../stage.js';
import { untoldVersions } from './tool-versions-failure.js';

/**
 * Versions by package, sorted. Read from dpkg's own database, which is quicker than asking dpkg-query(1) and as stable.
 * @throws Failure of kind `host` that names every package whose version cannot be told: without it a key would be that of
 * any version
 */
export async function toolVersions(
  tools: readonly Pick<ToolNeed, 'package'>[],
  database = '/var/lib/dpkg/status',
): Promise<Record<string, string>> {
  const wanted = new Set(tools.map((tool) => tool.package).sort());
  if (wanted.size === 0) return {};
  const text = await readFile(database, 'utf8').catch((error: unknown) => {
    throw untoldVersions([...wanted], `${database}: ${(error as NodeJS.ErrnoException).code}`);
  });
  const versions = new Map<string, string>();
  for (const stanza of text.split('\n\n')) {
    const name = /^Package: (\S+)$/m.exec(stanza)?.[1];
    if (name === undefined || !wanted.has(name) || !/^Status: \S+ \S+ installed$/m.test(stanza)) continue;
    const version = /^Version: (\S+)$/m.exec(stanza)?.[1];
    if (version !== undefined) versions.set(name, version);
  }
  const untold = [...wanted].filter((name) => !versions.has(name));
  if (untold.length > 0) throw untoldVersions(untold, 'not installed');
  return Object.fromEntries([...versions].sort(([a], [b]) => (a < b ? -1 : 1)));
}
