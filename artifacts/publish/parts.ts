/** The parts that a target host has by its facts. */
import type { BootBinaries } from '../formats/ipxe-binaries.js';
import { adapterOf } from '../target/adapters.js';
import { confFiles, httpFiles, tftpFiles } from './boot-files.js';
import { cleanClones, cloneDisk, makeClone, removeClone } from './clone.js';
import type { HostParts } from './host-parts.js';
import type { HostFacts } from './site.js';

/** @param binaries boot programs for its TFTP server, of this machine */
export function hostParts(facts: HostFacts, binaries: BootBinaries): HostParts {
  return {
    adapter: adapterOf(facts.target.kind),
    clones: { disk: cloneDisk, make: makeClone, remove: removeClone, clean: cleanClones },
    bootFiles: { http: httpFiles, tftp: (input) => tftpFiles(input, binaries), conf: confFiles },
  };
}
