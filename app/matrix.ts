/** Which cells of the boot matrix a proof runs, and what that asks of the host. */
import { availableParallelism, freemem } from 'node:os';
import type { Cell } from '../artifacts/release/proof.js';
import { bootGateFiles, bootGateTools } from '../gate/request.js';
import type { ToolNeed } from '../pipeline/stage.js';

export const FIRMWARE = ['bios', 'uefi'] as const satisfies readonly Cell['firmware'][];
export const PATHS = ['san', 'direct'] as const satisfies readonly Cell['path'][];

/** Bytes that one cell may take at its height: the client's memory, QEMU and the servers around it. */
const CELL_BYTES = 1.5e9;

/**
 * Every firmware by every path with the right secret, then every path once with a wrong one: the target refuses a
 * secret in the same way whatever firmware asked, so one firmware shows it.
 */
export function bootMatrix(firmware: readonly Cell['firmware'][], paths: readonly Cell['path'][]): Cell[] {
  const right = paths.flatMap((path) =>
    firmware.map((each): Cell => ({ firmware: each, path, secret: 'right' })),
  );
  const wrong = paths.flatMap((path) =>
    firmware.slice(0, 1).map((each): Cell => ({ firmware: each, path, secret: 'wrong' })),
  );
  return [...right, ...wrong];
}

/** The smallest part of the matrix that shows both firmwares, both paths and a refusal. */
export const CORE_CELLS: readonly Cell[] = [
  { firmware: 'bios', path: 'san', secret: 'right' },
  { firmware: 'uefi', path: 'direct', secret: 'right' },
  { firmware: 'bios', path: 'san', secret: 'wrong' },
];

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
