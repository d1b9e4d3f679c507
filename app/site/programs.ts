/** The boot programs of this machine, held against what a site wants of them. */
import { type BootBinaries, ipxeBinaries } from '../../artifacts/formats/ipxe-binaries.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { checkPrograms } from '../../hosts/boot-files/needs.js';
import type { HostFacts, Site } from '../../hosts/site/facts.js';

/** Those of this machine; undefined where it has none. */
export async function ownBinaries(ports: Ports): Promise<BootBinaries | undefined> {
  try {
    return await ipxeBinaries(ports);
  } catch (error) {
    if (error instanceof Failure && (error.kind === 'host' || error.kind === 'tool')) return undefined;
    throw error;
  }
}

/** @throws Failure of kind `usage` when machines would be handed what their iPXE cannot do; a machine without iPXE hands out none */
export async function checkOwnPrograms(site: Site, facts: HostFacts, ports: Ports): Promise<void> {
  const binaries = await ownBinaries(ports);
  if (binaries !== undefined) checkFor(site, facts, binaries);
}

/** @throws as {@link checkOwnPrograms} */
export function checkFor(site: Site, facts: HostFacts, binaries: BootBinaries): void {
  checkPrograms(
    facts,
    site.clients.filter(({ host }) => host === facts.name),
    binaries,
  );
}
