/** A boot by hand inside the sandbox. */
import { join } from 'node:path';
import { createPorts } from '../../base/command.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { type ByHandRequest, bootByHand } from '../../gate/by-hand.js';
import { type Lease, tryLease } from '../../pipeline/store/lease.js';
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
  await using _lease = gate.keep === undefined ? undefined : await leaseOf(gate.keep, own);
  const evidence = join(folder.path, 'evidence');
  return await bootByHand({ ...gate, scratch: folder.path, evidence }, own);
}

/** Two machines would destroy the file system of one LUN. The file of the lock stays beside it. */
async function leaseOf(keep: string, ports: Ports): Promise<Lease> {
  const lease = await tryLease(`${keep}.lock`, ports);
  if (lease !== undefined) return lease;
  throw new Failure('usage', {
    what: `${keep} is the LUN of another machine that runs now.`,
    expected: 'a LUN that no other call of `lunsmith boot` has',
    found: keep,
    hint: 'Wait for its end, or keep what is written in another file.',
  });
}
