/** Whether anything answers at the portals: of a storage array, of which no more can be seen, and of a host that has several. */
import type { TargetHost } from '../host/host.js';
import { isArray, portalsOf, portalText } from '../site/portal.js';
import type { Finding } from './finding.js';

const SECONDS = 5;
/** Of perl-base, which a host needs anyway. */
const CONNECT =
  'use IO::Socket::INET; exit(IO::Socket::INET->new(PeerAddr => shift, PeerPort => shift, Timeout => shift) ? 0 : 1)';

export async function portalFindings(host: TargetHost): Promise<Finding[]> {
  const { facts } = host;
  const portals = portalsOf(facts);
  // What else may be wrong with a target of the host's own its tools tell.
  if (portals.length === 1 && !isArray(facts)) return [];
  const found: Finding[] = [];
  for (const portal of portals) {
    const { exitCode } = await host.run(
      ['perl', '-e', CONNECT, portal.address, String(portal.port), String(SECONDS)],
      {
        doing: `reach the portal ${portalText(portal)} from ${facts.name}`,
        quiet: true,
        okExitCodes: [0, 1],
      },
    );
    if (exitCode === 0) continue;
    found.push({
      level: 'warning',
      about: 'target',
      what: isArray(facts)
        ? 'Nothing answers at the portal of the array.'
        : 'Nothing answers at a portal of the target.',
      where: portalText(portal),
      expected: `a connection from ${facts.name} within ${SECONDS} s`,
      found: 'none',
      hint: isArray(facts)
        ? `Clients boot from it, not ${facts.name}: if it answers them and not this host, all is well. Else look at the array's iSCSI service and its firewall.`
        : `Let the target listen there too (tgtd: \`--iscsi portal=ADDRESS,portal=ADDRESS\`; a second --iscsi takes the place of the first), or take the address out of \`portals\`. Until then clients have one path less.`,
    });
  }
  return found;
}
