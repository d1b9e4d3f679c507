/** Which proofs a target host asks of a release. */
import { cellName, cellsOf } from '../../artifacts/platform/platform.js';
import { platformOf } from '../../artifacts/platform/platforms.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import { offersBoot } from '../../artifacts/release/roles.js';

/**
 * Cells of the release that the gate of a host names; all that it can show where the gate names cells of others only.
 * @param gate of the host; empty: nothing is asked
 */
export function cellsAsked(
  gate: readonly string[],
  manifest: Pick<Manifest, 'platform' | 'boot'>,
): readonly string[] {
  const all = cellsOf(platformOf(manifest.platform).matrix);
  const cells = all.filter((cell) => offersBoot(manifest, cell)).map(cellName);
  const named = gate.filter((cell) => cells.includes(cell));
  return named.length > 0 || gate.length === 0 ? named : cells;
}
