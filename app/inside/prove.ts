/** The boot gate inside the sandbox. */

import { cellName } from '../../artifacts/platform/platform.js';
import { type Proof } from '../../artifacts/release/proof.js';
import { createPorts } from '../../base/command.js';
import type { Ports } from '../../base/ports.js';
import { probeKvm } from '../../gate/accelerator.js';
import type { NotDecided } from '../../gate/broken.js';
import { proveCell } from '../../gate/cell.js';
import type { GateRequest } from '../../gate/request.js';
import { openBuildLog } from '../../pipeline/build/log.js';
import { type OwnerClaim, openBuildFolder } from '../../pipeline/workspace.js';

export type ProveInside =
  | { readonly do: 'probe-kvm' }
  | {
      readonly do: 'prove';
      readonly workspace: string;
      readonly owner: OwnerClaim;
      readonly gate: Omit<GateRequest, 'scratch'>;
    };

export async function inside(
  payload: ProveInside,
  ports: Ports,
): Promise<Proof | NotDecided | string | undefined> {
  if (payload.do === 'probe-kvm') return probeKvm(ports);
  // The gate's servers read its files as users of their own, whatever the caller's umask is.
  process.umask(0o022);
  const { workspace, owner, gate } = payload;
  const task = cellName(gate.cell);
  await using folder = await openBuildFolder(workspace, `${gate.manifest.recipe.name}-${task}`, owner);
  await using log = openBuildLog(folder.log, ports.emit);
  const own = createPorts({ emit: log.emit, signal: ports.signal, task });
  return await proveCell({ ...gate, scratch: folder.path }, own);
}
