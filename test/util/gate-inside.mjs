// Runs inside the sandbox for the gate's tests. Plain JavaScript, because it is loaded by the compiled sandbox host.
import { proveCell } from '../../dist/artifacts/bootgate/cell.js';

/** @param {import('../../artifacts/bootgate/request.js').GateRequest} request */
export function inside(request, ports) {
  return proveCell(request, ports);
}
