/** Proofs are added to a release that is there; nothing else of it ever changes. */

import { cellName } from '../../../artifacts/platform/platform.js';
import type { Release } from '../../../artifacts/release/release.js';
import { canonicalJson, sha256OfText } from '../../../base/digest.js';
import { hostLayout } from '../../host/layout.js';
import type { Wire } from './wire.js';

/** Sends the proofs that a host does not have, each by one rename. @param there sha256 by file name */
export async function sendProofs(
  wire: Wire,
  release: Release,
  there: ReadonlyMap<string, string>,
): Promise<void> {
  for (const proof of release.proofs) {
    const name = `${cellName(proof.cell)}.json`;
    const text = canonicalJson(proof);
    if (there.get(name) === sha256OfText(text)) continue;
    await wire.write(`${hostLayout(wire).release(release.digest)}/proofs/${name}`, text);
  }
}
