/** Where `lunsmith serve` keeps a throw-away target host. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { claimOf, isAbandoned } from '../../pipeline/workspace.js';

/**
 * The absolute path of a folder that no other call uses; it is not made. Those of calls that were killed are removed: their
 * servers died with them.
 */
export async function freeServeFolder(workspace: string): Promise<string> {
  const own = await claimOf(process.pid);
  for (const name of await readdir(workspace).catch(() => [])) {
    const [, owner] = /^serve-(\d+-\d+)$/.exec(name) ?? [];
    if (owner === undefined || !isAbandoned(owner, own)) continue;
    await rm(join(workspace, name), { recursive: true, force: true });
  }
  return join(workspace, `serve-${own.self}`);
}
