/** The target, the clones and the boot files of a real host; tests bring others. */
import type { BootBinaries } from '../../artifacts/formats/ipxe-binaries.js';
import { confFiles, httpFiles, tftpFiles } from '../boot-files.js';
import { cleanClones, cloneDisk, makeClone, removeClone } from '../clients/clone.js';
import type { HostDrivers } from '../host/drivers.js';
import type { TargetAdapter } from '../target/adapter.js';

/** @param binaries boot programs for its TFTP server, of this machine */
export function hostDrivers(adapter: TargetAdapter, binaries: BootBinaries): HostDrivers {
  return {
    adapter,
    clones: { disk: cloneDisk, make: makeClone, remove: removeClone, clean: cleanClones },
    bootFiles: { http: httpFiles, tftp: (input) => tftpFiles(input, binaries), conf: confFiles },
  };
}
