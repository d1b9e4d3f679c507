/** Whether the HTTP server keeps accounts to the clients' own addresses, where the site wants that: it is asked for one. */

import { NGINX_INCLUDE } from '../boot-files/nginx.js';
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';
import type { HostState } from '../host/state.js';
import type { Finding } from './finding.js';

const SECONDS = 5;
/** Of perl-base, which a host needs anyway; prints the status of the answer (RFC 9112, section 4), or nothing. */
const ASK = `
use IO::Socket::INET;
my ($address, $port, $host, $path, $seconds) = @ARGV;
my $socket = IO::Socket::INET->new(PeerAddr => $address, PeerPort => $port, Timeout => $seconds) or exit 0;
# A server that takes a connection and says nothing has told nothing.
$SIG{ALRM} = sub { exit 0 };
alarm $seconds;
print $socket "HEAD $path HTTP/1.0\\r\\nHost: $host\\r\\n\\r\\n";
print $1 if (<$socket> // '') =~ m{^HTTP/1\\.[01] (\\d+)};
`;
/** The host asks by an address that is no client's. */
const REFUSED = '403';

export async function httpFindings(host: TargetHost, { clients }: HostState): Promise<Finding[]> {
  const { facts } = host;
  const url = new URL(facts.http.url);
  const client = Object.values(clients).find(({ facts: each }) =>
    each.images.some(({ boot }) => boot !== 'tftp'),
  );
  if (facts.http.ownAddress !== true || client === undefined || url.protocol !== 'http:') return [];
  const path = `/clients/${client.facts.name}/account.ipxe`;
  const { stdout } = await host.run(
    [
      'perl',
      '-e',
      ASK,
      url.hostname,
      url.port || '80',
      url.host,
      `${url.pathname.replace(/\/$/, '')}${path}`,
      String(SECONDS),
    ],
    { doing: `ask the HTTP server of ${facts.name} for an account`, quiet: true },
  );
  if (stdout === '' || stdout === REFUSED) return [];
  const { conf, root } = hostLayout(facts);
  return [
    {
      level: 'error',
      about: 'secrets',
      what: 'The HTTP server does not keep accounts to the addresses of their clients.',
      where: `${facts.http.url}${path}`,
      expected: `${REFUSED} for ${facts.name} itself, which is not ${client.facts.name}`,
      found: stdout,
      // By a pattern: nginx does not start without a file that it names, and this one goes when the site no longer asks for it.
      hint: `Let the \`server\` of nginx that shows ${root}/http have \`include ${conf}/${NGINX_INCLUDE.replace('.', '[.]')};\`, and reload it.`,
    },
  ];
}
