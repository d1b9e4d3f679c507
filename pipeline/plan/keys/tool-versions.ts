/** Versions of the Debian packages that hold the host's tools: part of a step's key and of the manifest. */
import { readFile } from 'node:fs/promises';
import type { ToolNeed } from '../../stage.js';

/**
 * Versions by package, of those that are installed; empty on a host without dpkg. Read from dpkg's own database, which is
 * quicker than asking dpkg-query(1) and as stable.
 */
export async function toolVersions(
  tools: readonly Pick<ToolNeed, 'package'>[],
  database = '/var/lib/dpkg/status',
): Promise<Record<string, string>> {
  const wanted = new Set(tools.map((tool) => tool.package));
  const text = wanted.size === 0 ? '' : await readFile(database, 'utf8').catch(() => '');
  const versions: [string, string][] = [];
  for (const stanza of text.split('\n\n')) {
    const name = /^Package: (\S+)$/m.exec(stanza)?.[1];
    if (name === undefined || !wanted.has(name) || !/^Status: \S+ \S+ installed$/m.test(stanza)) continue;
    const version = /^Version: (\S+)$/m.exec(stanza)?.[1];
    if (version !== undefined) versions.push([name, version]);
  }
  return Object.fromEntries(versions.sort(([a], [b]) => (a < b ? -1 : 1)));
}
