/** Whether the DHCP server of the host runs and reads our file, as far as the host tells. */
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';
import type { HostFacts } from '../site/facts.js';
import type { Finding } from './finding.js';

interface Server {
  readonly program: string;
  readonly file: string;
  /** Where its own configuration lies, in Debian. */
  readonly configuration: readonly string[];
  readonly line: (path: string) => string;
}

const DNSMASQ: Server = {
  program: 'dnsmasq',
  file: 'dnsmasq.conf',
  configuration: ['/etc/dnsmasq.conf', '/etc/dnsmasq.d'],
  line: (path) => `conf-file=${path} in a file of /etc/dnsmasq.d`,
};
const DHCPD: Server = {
  program: 'dhcpd',
  file: 'dhcpd.conf',
  configuration: ['/etc/dhcp/dhcpd.conf'],
  line: (path) => `include "${path}"; in /etc/dhcp/dhcpd.conf`,
};
const SERVERS: Readonly<Record<HostFacts['dhcp']['kind'], Server | undefined>> = {
  'dnsmasq-proxy': DNSMASQ,
  dnsmasq: DNSMASQ,
  'isc-dhcpd': DHCPD,
  none: undefined,
};

/** `$1`: program; `$2`: our folder; then its configuration. A command line may name the file as well. */
const LOOK = `
program=$1 conf=$2
shift 2
for process in /proc/[0-9]*; do
  [ "$(cat "$process/comm" 2>/dev/null)" = "$program" ] || continue
  echo running
  tr '\\000' '\\n' 2>/dev/null <"$process/cmdline" | grep -qF -- "$conf" && echo used
done
grep -rqF -- "$conf" "$@" 2>/dev/null && echo used
[ ! -e "$conf/../states/reload" ] || echo unread
exit 0
`;

export async function dhcpFindings(host: TargetHost): Promise<Finding[]> {
  const { facts } = host;
  const server = SERVERS[facts.dhcp.kind];
  if (server === undefined) return [];
  const { conf } = hostLayout(facts);
  const { stdout } = await host.run(['sh', '-c', LOOK, 'sh', server.program, conf, ...server.configuration], {
    doing: `look at the DHCP server of ${facts.name}`,
    quiet: true,
  });
  const words = new Set(stdout.split('\n'));
  return dhcpWords(facts, server, {
    running: words.has('running'),
    used: words.has('used'),
    unread: words.has('unread'),
  });
}

function dhcpWords(
  facts: HostFacts,
  { program, file, configuration, line }: Server,
  { running, used, unread }: { readonly running: boolean; readonly used: boolean; readonly unread: boolean },
): Finding[] {
  const path = `${hostLayout(facts).conf}/${file}`;
  const finding = (what: string, expected: string, found: string, hint: string): Finding => ({
    ...{ level: 'warning', about: 'dhcp', what, where: path, expected, found, hint },
  });
  return [
    ...(running
      ? []
      : [
          finding(
            `${program} does not run.`,
            `a process ${program} that reads this file`,
            'no such process',
            `Start it there: systemctl start ${program === 'dhcpd' ? 'isc-dhcp-server' : program}`,
          ),
        ]),
    ...(used
      ? []
      : [
          finding(
            `${program} does not seem to read our file.`,
            line(path),
            `nothing of it in ${configuration.join(', ')}, nor on its command line`,
            `Add ${line(path)}, then restart ${program}.`,
          ),
        ]),
    ...(unread
      ? [
          finding(
            `${program} has not read our file since it was changed.`,
            'the command `reload` of the site done',
            'not done, or failed',
            `Restart ${program} there; the next change of the host tries again.`,
          ),
        ]
      : []),
  ];
}
