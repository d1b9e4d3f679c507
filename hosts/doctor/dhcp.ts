/** Whether the DHCP server of the host runs and reads our file, and whom else it serves, as far as the host tells. */
import { type DhcpReaders, type DhcpServer, dhcpReaders, dhcpServer } from '../dhcp/readers.js';
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';
import type { HostFacts } from '../site/facts.js';
import type { Finding } from './finding.js';

export async function dhcpFindings(host: TargetHost): Promise<Finding[]> {
  const { facts } = host;
  const server = dhcpServer(facts);
  return server === undefined ? [] : dhcpWords(facts, server, await dhcpReaders(host, server));
}

/** The finding of each thing that is wrong, in the order in which it is mended. */
export function dhcpWords(
  facts: HostFacts,
  { program, own, include, configuration, line }: DhcpServer,
  { running, named, others, unread }: DhcpReaders,
): Finding[] {
  const at = (file: string) => `${hostLayout(facts).conf}/${file}`;
  const path = at(own);
  const finding = (what: string, expected: string, found: string, hint: string): Finding => ({
    ...{ level: 'warning', about: 'dhcp', what, where: path, expected, found, hint },
  });
  const ofItsOwn = `Start a ${program} of its own with it: docs/target-hosts.md`;
  const mixed = others[0] !== undefined && named.find(({ file }) => file === own);
  return [
    ...(running
      ? []
      : [
          finding(
            `${program} does not run.`,
            `a process ${program} that reads this file`,
            'no such process',
            `${ofItsOwn}, or the host's: systemctl start ${program === 'dhcpd' ? 'isc-dhcp-server' : program}`,
          ),
        ]),
    ...(named.length > 0
      ? []
      : [
          finding(
            `${program} does not seem to read our file.`,
            `${program} with this file as its whole configuration${include === undefined ? '' : `, or ${line(at(include))}`}`,
            `nothing of it in ${configuration.join(', ')}, nor on its command line`,
            `${ofItsOwn}${include === undefined ? '' : `. A ${program} that serves others too reads ${at(include)} instead`}.`,
          ),
        ]),
    ...(mixed
      ? [
          finding(
            `${program} serves others, and reads our whole configuration with theirs.`,
            include === undefined ? `a ${program} of its own for this file` : line(at(include)),
            `${mixed.by} names it, and there is ${others[0]}`,
            include === undefined
              ? `${ofItsOwn}, and take it out of ${mixed.by}.`
              : `What is global in it holds for all: let ${mixed.by} name ${at(include)} instead.`,
          ),
        ]
      : []),
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
