/** What the cells of a proof ask of the host. */
import { availableParallelism, freemem } from 'node:os';
import type { Cell } from '../artifacts/platform/platform.js';
import { bootGateFiles, bootGateTools } from '../gate/request.js';
import type { ToolNeed } from '../pipeline/stage.js';

/** Bytes that one cell may take at its height: the client's memory, QEMU and the servers around it. */
const CELL_BYTES = 1.5e9;

/** How many cells to run at once: one a processor, as far as memory goes. */
export function defaultParallel(processors = availableParallelism(), freeBytes = freemem()): number {
  return Math.max(1, Math.min(processors, Math.floor(freeBytes / CELL_BYTES)));
}

/** Programs and files of the host without which these cells cannot run. */
export function gateNeeds(cells: readonly Cell[]): ToolNeed[] {
  return cells.flatMap((cell) => [
    ...bootGateTools(cell),
    ...bootGateFiles(cell).map((file) => ({ name: file.path, package: file.package })),
  ]);
}
