/** Runs inside the sandbox for the gate's tests. */
import { proveCell } from '../../artifacts/bootgate/cell.js';
import type { GateRequest } from '../../artifacts/bootgate/request.js';
import type { Proof } from '../../artifacts/release/proof.js';
import type { Ports } from '../../base/ports.js';

export function inside(request: GateRequest, ports: Ports): Promise<Proof> {
  return proveCell(request, ports);
}
