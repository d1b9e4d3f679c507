/** The parts that are everybody's but in tests. */
import type { BootBinaries } from '../../artifacts/formats/ipxe-binaries.js';
import { confFiles, httpFiles, tftpFiles } from '../boot-files.js';
import { cleanClones, cloneDisk, makeClone, removeClone } from '../clients/clone.js';
import type { HostParts } from '../host/parts.js';
import type { TargetAdapter } from '../target/adapter.js';

/** @param binaries boot programs for its TFTP server, of this machine */
export function hostParts(adapter: TargetAdapter, binaries: BootBinaries): HostParts {
  return {
    adapter,
    clones: { disk: cloneDisk, make: makeClone, remove: removeClone, clean: cleanClones },
    bootFiles: { http: httpFiles, tftp: (input) => tftpFiles(input, binaries), conf: confFiles },
  };
}
