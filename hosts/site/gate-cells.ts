/** Which proofs a target host asks of a release. */
import { cellName, cellsOf } from '../../artifacts/platform/platform.js';
import { type PlatformId, platformOf } from '../../artifacts/platform/platforms.js';

/**
 * Cells of the release's platform that the gate of a host names; all of the platform where it names cells of others only.
 * @param gate of the host; empty: nothing is asked
 */
export function cellsAsked(gate: readonly string[], platform: PlatformId): readonly string[] {
  const cells = cellsOf(platformOf(platform).matrix).map(cellName);
  const named = gate.filter((cell) => cells.includes(cell));
  return named.length > 0 || gate.length === 0 ? named : cells;
}
