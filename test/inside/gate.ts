/** Runs inside the sandbox for the gate's tests. */

import type { Proof } from '../../artifacts/release/proof.js';
import type { Ports } from '../../base/ports.js';
import { proveCell } from '../../gate/cell.js';
import type { GateRequest } from '../../gate/request.js';

export function inside(request: GateRequest, ports: Ports): Promise<Proof> {
  return proveCell(request, ports);
}
