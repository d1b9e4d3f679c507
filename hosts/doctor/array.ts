/** What can be seen of a storage array: whether anything answers at its portal. */
import type { TargetHost } from '../host/host.js';
import { portalOf } from '../site/portal.js';
import type { Finding } from './finding.js';

const SECONDS = 5;
/** Of perl-base, which a host needs anyway. */
const CONNECT =
  'use IO::Socket::INET; exit(IO::Socket::INET->new(PeerAddr => shift, PeerPort => shift, Timeout => shift) ? 0 : 1)';

export async function arrayFindings(host: TargetHost): Promise<Finding[]> {
  const { facts } = host;
  const { address, port } = portalOf(facts);
  const { exitCode } = await host.run(['perl', '-e', CONNECT, address, String(port), String(SECONDS)], {
    doing: `reach the portal of the array from ${facts.name}`,
    quiet: true,
    okExitCodes: [0, 1],
  });
  if (exitCode === 0) return [];
  return [
    {
      level: 'warning',
      about: 'target',
      what: `Nothing answers at the portal of the array.`,
      where: `${address}:${port}`,
      expected: `a connection from ${facts.name} within ${SECONDS} s`,
      found: 'none',
      hint: `Clients boot from it, not ${facts.name}: if it answers them and not this host, all is well. Else look at the array's iSCSI service and its firewall.`,
    },
  ];
}
