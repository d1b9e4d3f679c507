/** Which proofs a target host asks for, as cells that the boot gate runs. */
import { type Cell, cellName, cellsOf } from '../../artifacts/platform/platform.js';
import { platformOf } from '../../artifacts/platform/platforms.js';
import { Failure } from '../../base/failure.js';
import { cellsAsked } from '../../hosts/site/gate-cells.js';
import type { Caller } from '../caller.js';
import type { Bootable } from '../prove.js';
import { hostNamed, openSite, type SiteOptions } from './open.js';

/**
 * The cells that a release must have passed before the host promotes it.
 * @throws Failure of kind `usage` when the site has no such host, or the host asks for nothing
 */
export async function gateOf(
  name: string,
  caller: Pick<Caller, 'cwd'>,
  options: SiteOptions,
): Promise<(release: Bootable) => Cell[]> {
  const { gate } = hostNamed(await openSite(caller, options), name);
  if (gate.length === 0) {
    throw new Failure('usage', {
      what: `The target host \`${name}\` asks for no proof of a release.`,
      expected: '`gate` in the site with the proofs that it asks for, or without it the usual ones',
      found: 'gate: []',
      hint: 'Without `--for` all is proven that the release offers.',
    });
  }
  return (release) => {
    const asked = cellsAsked(gate, release);
    return cellsOf(platformOf(release.platform).matrix).filter((cell) => asked.includes(cellName(cell)));
  };
}
