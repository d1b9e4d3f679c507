/** The target, the clones and the boot files of a real host; tests bring others. */
import type { BootBinaries } from '../../artifacts/formats/ipxe-binaries.js';
import { confFiles, httpFiles, tftpFiles } from '../boot-files.js';
import { arrayClones } from '../clients/array.js';
import { checkClones, cleanClones, cloneDisk, makeClone, removeClone } from '../clients/clone.js';
import type { DiskContent } from '../disks/fill-disk.js';
import type { HostDrivers } from '../host/drivers.js';
import type { HostFacts } from '../site/facts.js';
import { isArray } from '../site/portal.js';
import type { TargetAdapter } from '../target/adapter.js';

const OWN_CLONES = {
  disk: cloneDisk,
  check: checkClones,
  remove: removeClone,
  clean: cleanClones,
};

/**
 * @param binaries boot programs for its TFTP server, of this machine
 * @param content of the LUN that a change restores
 */
export function hostDrivers(
  facts: Pick<HostFacts, 'target'>,
  adapter: TargetAdapter,
  binaries: BootBinaries,
  content?: DiskContent,
): HostDrivers {
  const ownClones: HostDrivers['clones'] = {
    ...OWN_CLONES,
    make: (host, request, ports) => makeClone(host, request, ports, content),
  };
  return {
    adapter,
    clones: isArray(facts) ? arrayClones : ownClones,
    bootFiles: { http: httpFiles, tftp: (input) => tftpFiles(input, binaries), conf: confFiles },
  };
}
