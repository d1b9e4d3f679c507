/** The DHCP server of a host: from a network with a prefix length to what each kind of server is told. */
import type { DhcpKind } from './facts.js';
import type { Findings } from './findings.js';
import type { WrittenHost } from './host-schema.js';
import {
  addressText,
  contains,
  isReserved,
  type Network,
  netmaskText,
  networkText,
  parseAddress,
} from './ipv4.js';
import { isName } from './values.js';

export type WrittenDhcp = WrittenHost['dhcp'];

/** What an address of a client can be held against. */
export interface Surroundings {
  readonly network?: Network;
  readonly range?: { readonly first: string; readonly last: string };
  readonly router?: string;
  readonly dns?: readonly string[];
}

export function dhcpFacts(dhcp: WrittenDhcp): DhcpKind {
  if (dhcp.kind === 'none') return { kind: 'none' };
  const { network } = dhcp;
  if (dhcp.kind === 'dnsmasq-proxy') {
    return { kind: dhcp.kind, interface: dhcp.interface, network: addressText(network.first) };
  }
  const netmask = netmaskText(network);
  const told = {
    ...(dhcp.router === undefined ? {} : { router: dhcp.router }),
    ...(dhcp.dns === undefined ? {} : { dns: dhcp.dns }),
  };
  if (dhcp.kind === 'dnsmasq') {
    const { interface: name, range } = dhcp;
    return {
      kind: dhcp.kind,
      interface: name,
      range: { ...range, netmask, leaseSeconds: dhcp['lease-seconds'] },
      ...told,
    };
  }
  const range = dhcp.range === undefined ? {} : { range: dhcp.range };
  return { kind: dhcp.kind, subnet: addressText(network.first), netmask, ...range, ...told };
}

export function surroundingsOf(dhcp: WrittenDhcp): Surroundings {
  if (dhcp.kind === 'none') return {};
  if (dhcp.kind === 'dnsmasq-proxy') return { network: dhcp.network };
  const { network, range, router, dns } = dhcp;
  return {
    network,
    ...(range === undefined ? {} : { range }),
    ...(router === undefined ? {} : { router }),
    ...(dns === undefined ? {} : { dns }),
  };
}

export function checkDhcp(name: string, { address, dhcp, http }: WrittenHost, findings: Findings): void {
  if (dhcp.kind === 'none') return;
  const at = ['hosts', name, 'dhcp'];
  const { network } = dhcp;
  const inside = (text: string) => contains(network, numberOf(text)) && !isReserved(network, numberOf(text));
  const expected = `an address of ${networkText(network)} that a machine can have`;
  // A DHCP server behind a relay need not be in the network; dnsmasq is bound to an interface in it.
  if (dhcp.kind !== 'isc-dhcpd' && !inside(address)) {
    findings.add(['hosts', name, 'address'], {
      what: `The address of host \`${name}\` is not in the network that its DHCP server answers.`,
      expected,
      found: `\`${address}\``,
    });
  }
  if (dhcp.kind === 'dnsmasq-proxy') return;
  const { range, router, dns } = dhcp;
  if (http.url !== undefined && (dns ?? []).length === 0 && isName(new URL(http.url).hostname)) {
    findings.add(['hosts', name, 'http', 'url'], {
      what: `Clients cannot find the address of ${new URL(http.url).hostname}: the DHCP server of host \`${name}\` tells them of no DNS server.`,
      expected: `an address, such as \`http://${address}\`, or \`dns\` under \`dhcp\``,
      found: `\`${http.url}\``,
    });
  }
  const told = [
    ...(range === undefined
      ? []
      : ([
          [range.first, [...at, 'range', 'first']],
          [range.last, [...at, 'range', 'last']],
        ] as const)),
    ...(router === undefined ? [] : ([[router, [...at, 'router']]] as const)),
  ];
  const outside = told.filter(([text]) => !inside(text));
  for (const [text, path] of outside) {
    findings.add(path, { what: 'The address is not in the network.', expected, found: `\`${text}\`` });
  }
  if (range === undefined || outside.length > 0) return;
  if (numberOf(range.first) > numberOf(range.last)) {
    findings.add([...at, 'range', 'last'], {
      what: 'The range ends before it begins.',
      expected: `\`${range.first}\` or an address after it`,
      found: `\`${range.last}\``,
    });
  }
  if (inRange(range, address)) {
    findings.add([...at, 'range'], {
      what: `The range holds the address of host \`${name}\` itself.`,
      expected: `a range without \`${address}\``,
      found: `\`${range.first}\` to \`${range.last}\``,
    });
  }
}

export function inRange(range: { readonly first: string; readonly last: string }, address: string): boolean {
  return numberOf(range.first) <= numberOf(address) && numberOf(address) <= numberOf(range.last);
}

/** Of an address that the schema let through. */
export function numberOf(address: string): number {
  return parseAddress(address) ?? 0;
}
