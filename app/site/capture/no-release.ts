/**
 * What stands for the release of a LUN that is a clone of none: it began with nothing on it, and no installer beside it. Called by
 * `capture`, which takes from it how a machine is led to the LUN.
 */
import { sanbootScript } from '../../../artifacts/formats/ipxe.js';
import { PC } from '../../../artifacts/platform/pc.js';
import { MANIFEST_FORMAT, type Manifest } from '../../../artifacts/release/manifest.js';
import { sha256OfText } from '../../../base/digest.js';
import type { Generation } from '../../../hosts/host/state.js';

const IMAGE = 'disk.img';
const SCRIPT = 'boot/sanboot.ipxe';

/** Files of it besides the LUN image, by path. */
export const OWN_FILES: ReadonlyMap<string, string> = new Map([
  [SCRIPT, sanbootScript(PC.architectures.amd64.efiBootFile)],
]);

export function noRelease({ bytes, made }: Pick<Generation, 'bytes' | 'made'>): Manifest {
  const nothing = sha256OfText('');
  return {
    format: MANIFEST_FORMAT,
    recipe: { name: 'none', sha256: nothing },
    platform: PC.id,
    architecture: 'amd64',
    epoch: Math.floor(Date.parse(made) / 1000),
    console: { device: PC.gate.serial, signs: {} },
    artifacts: [
      { role: 'lun-image', path: IMAGE, bytes, digest: `sha256:${nothing}` },
      { role: 'ipxe-script', path: SCRIPT, bytes: 0, digest: `sha256:${nothing}` },
    ],
    boot: [{ method: 'san', artifacts: { 'ipxe-script': SCRIPT } }],
    disk: { table: 'gpt', bytes, guid: '', partitions: [] },
    tools: {},
    lunsmith: '',
  };
}
