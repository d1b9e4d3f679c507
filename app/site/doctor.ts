/** What `lunsmith doctor` finds on target hosts. */

import type { BootBinaries } from '../../artifacts/formats/ipxe-binaries.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { examineHost, type Finding } from '../../hosts/doctor.js';
import type { HostFacts, Site } from '../../hosts/site/facts.js';
import type { Caller } from '../caller.js';
import { connect } from './open.js';
import { ownBinaries } from './programs.js';

export interface HostFindings {
  readonly host: string;
  readonly findings: readonly Finding[];
}

/** One after the other, in the order of the site. A host that cannot be examined does not keep the others from it. */
export async function examineHosts(
  caller: Pick<Caller, 'env'>,
  site: Site,
  hosts: readonly HostFacts[],
  ports: Ports,
): Promise<HostFindings[]> {
  // Without them nothing of them can be compared.
  const binaries = await ownBinaries(ports);
  const results: HostFindings[] = [];
  for (const facts of hosts) {
    results.push({ host: facts.name, findings: await examined(caller, site, facts, binaries, ports) });
  }
  return results;
}

async function examined(
  caller: Pick<Caller, 'env'>,
  site: Site,
  facts: HostFacts,
  binaries: BootBinaries | undefined,
  ports: Ports,
): Promise<readonly Finding[]> {
  try {
    await using open = await connect(caller, facts, ports);
    const clients = site.clients.filter(({ host }) => host === facts.name);
    return await examineHost({ ...open, binaries, site: { clients, channels: site.channels } }, ports);
  } catch (error) {
    const { kind, diagnostics } = Failure.from(error);
    if (kind === 'interrupted' || kind === 'internal') throw error;
    return diagnostics.map(({ what, place, expected, found, hint }) => ({
      ...{ level: 'error', about: 'host', what },
      where: place === undefined ? facts.name : `${place.file}:${place.line}:${place.column}`,
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
      hint: hint ?? 'Mend it, then run this again.',
    }));
  }
}
