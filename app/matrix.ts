/** What the cells of a proof ask of the host. */
import { availableParallelism, freemem } from 'node:os';
import {
  type BootMethod,
  type Cell,
  cellName,
  cellsOf,
  type Firmware,
} from '../artifacts/platform/platform.js';
import { type PlatformId, platformOf } from '../artifacts/platform/platforms.js';
import { showsAll } from '../artifacts/release/proof.js';
import type { Release } from '../artifacts/release/release.js';
import { Failure } from '../base/failure.js';
import { bootGateFiles, bootGateTools } from '../gate/request.js';
import type { ToolNeed } from '../pipeline/stage.js';

/** Bytes that one cell may take at its height: the client's memory, QEMU and the servers around it. */
const CELL_BYTES = 1.5e9;

/** How many cells to run at once: one a processor, as far as memory goes. */
export function defaultParallel(processors = availableParallelism(), freeBytes = freemem()): number {
  return Math.max(1, Math.min(processors, Math.floor(freeBytes / CELL_BYTES)));
}

/** Of a list, what the user named; all without. */
export interface Narrowing {
  readonly firmware?: readonly Firmware[];
  readonly path?: readonly BootMethod[];
}

/** The cells of a platform, narrowed. @throws Failure of kind `usage` when the platform has none of them */
export function cellsOfPlatform(platform: PlatformId, { firmware, path }: Narrowing = {}): Cell[] {
  const { matrix } = platformOf(platform);
  const cells = cellsOf({
    firmware: matrix.firmware.filter((each) => firmware?.includes(each) ?? true),
    methods: matrix.methods.filter((each) => path?.includes(each) ?? true),
  });
  if (cells.length > 0) return cells;
  throw new Failure('usage', {
    what: `No machine of the platform ${platform} boots like that.`,
    expected: `of --firmware ${matrix.firmware.join(' or ')}, of --path ${matrix.methods.join(' or ')}`,
    found: [...(firmware ?? []), ...(path ?? [])].join(', '),
  });
}

/**
 * Those of the cells that show reboot and power-off: of each firmware the first, unless a proof of another cell shows it of this release.
 */
export function rebootingCells(
  cells: readonly Cell[],
  { digest, proofs }: Pick<Release, 'digest' | 'proofs'>,
): readonly Cell[] {
  const names = cells.map(cellName);
  // Those of the cells themselves are replaced.
  const shown = proofs
    .filter((proof) => proof.release === digest && showsAll(proof) && !names.includes(cellName(proof.cell)))
    .map(({ cell }) => cell.firmware);
  // What was seen to fail is not taken from another cell.
  const failed = proofs
    .filter((proof) => proof.release === digest && !proof.passed && proof.leftOut === undefined)
    .map(({ cell }) => cellName(cell));
  const right = cells.filter(({ secret }) => secret === 'right');
  const boots = right.filter(({ firmware }) => !shown.includes(firmware));
  return right.filter(
    (cell) =>
      failed.includes(cellName(cell)) || cell === boots.find(({ firmware }) => firmware === cell.firmware),
  );
}

/** Programs and files of the host without which these cells cannot run. */
export function gateNeeds(cells: readonly Cell[]): ToolNeed[] {
  return cells.flatMap((cell) => [
    ...bootGateTools(cell),
    ...bootGateFiles(cell).map((file) => ({ name: file.path, package: file.package })),
  ]);
}
