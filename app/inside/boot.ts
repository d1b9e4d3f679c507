/** A boot by hand inside the sandbox. */
import { join } from 'node:path';
import { createPorts } from '../../base/command.js';
import type { Ports } from '../../base/ports.js';
import { type ByHandRequest, bootByHand } from '../../gate/by-hand.js';
import { type OwnerClaim, openBuildFolder } from '../../pipeline/workspace.js';

export interface BootInside {
  readonly workspace: string;
  readonly owner: OwnerClaim;
  readonly gate: Omit<ByHandRequest, 'scratch' | 'evidence'>;
}

/** @returns whether the machine has switched itself off */
export async function inside({ workspace, owner, gate }: BootInside, ports: Ports): Promise<boolean> {
  // The gate's servers read its files as users of their own, whatever the caller's umask is.
  process.umask(0o022);
  await using folder = await openBuildFolder(workspace, `${gate.manifest.recipe.name}-boot`, owner);
  const own = createPorts({ emit: ports.emit, signal: ports.signal });
  const evidence = join(folder.path, 'evidence');
  return await bootByHand({ ...gate, scratch: folder.path, evidence }, own);
}
