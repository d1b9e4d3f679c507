/** What the site says and the host has not been told, and the other way round. */
import { canonicalJson } from '../../base/digest.js';
import { sharedIdentities } from '../change/refusals.js';
import { hostLayout } from '../host/layout.js';
import type { HostState } from '../host/state.js';
import type { ClientFacts, HostFacts } from '../site/facts.js';
import type { Finding } from './finding.js';

export interface SiteView {
  /** Clients of the site that boot from this host. */
  readonly clients: readonly ClientFacts[];
  readonly channels: readonly string[];
}

/** Pure. Secrets are references here. */
export function siteFindings(facts: HostFacts, state: HostState, { clients, channels }: SiteView): Finding[] {
  const where = `${hostLayout(facts).current}/state.json`;
  const finding = (what: string, expected: string, found: string, hint: string): Finding => ({
    ...{ level: 'warning', about: 'site', what, where, expected, found, hint },
  });
  const names = clients.map(({ name }) => name);
  const missing = names.filter((name) => state.clients[name] === undefined);
  const [first, ...others] = missing;
  return [
    ...clients.flatMap((client) => {
      const there = state.clients[client.name]?.facts;
      if (there === undefined) return [];
      const keys = changedKeys(client, there);
      if (keys.length === 0) return [];
      const shown = (from: ClientFacts) =>
        keys.map((key) => `${key} ${shownValue(from[key as keyof ClientFacts])}`).join(', ');
      return [
        finding(
          `The client ${client.name} is another on the host than in the site.`,
          shown(client),
          shown(there),
          `Run: npx lunsmith client add ${entangled(client, clients, state).join(' ')}`,
        ),
      ];
    }),
    ...(first === undefined
      ? []
      : [
          finding(
            others.length === 0
              ? `The client ${first} of the site is not on the host.`
              : `${missing.length} clients of the site are not on the host: ${missing.join(', ')}.`,
            `${others.length === 0 ? 'it' : 'them'} among the clients there`,
            'nothing',
            `Run: npx lunsmith ${others.length === 0 ? `client add ${first}` : `apply --on ${facts.name}`}`,
          ),
        ]),
    ...dnsFindings(facts, clients),
    ...Object.keys(state.clients)
      .filter((name) => !names.includes(name))
      .map((name) =>
        finding(
          `The client ${name} is on the host, and not in the site.`,
          'the clients of the site',
          name,
          `Write it into lunsmith.yaml again. Then, if it shall go with all that it stored: npx lunsmith client rm ${name}`,
        ),
      ),
    ...Object.keys(state.channels)
      .filter((name) => !channels.includes(name))
      .map((name) =>
        finding(
          `The channel ${name} is on the host, and not in the site.`,
          channels.join(', '),
          name,
          'Add it to `channels` of lunsmith.yaml.',
        ),
      ),
  ];
}

/**
 * A client and those that it has to be changed together with: what it has now is still another's on the host, which has another by now.
 */
function entangled(
  client: ClientFacts,
  clients: readonly ClientFacts[],
  { clients: there }: HostState,
): string[] {
  const found = new Set([client.name]);
  const ofSite = new Map(clients.map((each) => [each.name, each]));
  for (const name of found) {
    const wanted = ofSite.get(name);
    if (wanted === undefined) continue;
    for (const { facts } of Object.values(there))
      if (facts.name !== name && ofSite.has(facts.name) && sharedIdentities(wanted, facts).length > 0)
        found.add(facts.name);
  }
  return [...found];
}

/** A system that is told of no DNS server boots, and finds no name. */
function dnsFindings({ name, dhcp }: HostFacts, clients: readonly ClientFacts[]): Finding[] {
  const finding = (what: string, expected: string, hint: string): Finding => ({
    ...{ level: 'warning', about: 'site', what, where: `lunsmith.yaml, host ${name}`, expected },
    ...{ found: 'none', hint },
  });
  if (dhcp.kind === 'dnsmasq' || dhcp.kind === 'isc-dhcpd') {
    if (dhcp.dns !== undefined) return [];
    const what = `The DHCP server of ${name} tells clients of no DNS server.`;
    return [finding(what, '`dns` under `dhcp`', 'Name one. If none is meant: `dns: []` under `dhcp`.')];
  }
  const untold = clients.filter(({ address }) => address !== undefined && address.dns === undefined);
  if (untold.length === 0) return [];
  const what = `Clients with an address of their own are told of no DNS server: ${untold.map((each) => each.name).join(', ')}.`;
  return [finding(what, '`dns` beside `address`', 'Name one beside `address`.')];
}

function changedKeys(site: ClientFacts, there: ClientFacts): string[] {
  const [a, b] = [site, there].map((each) => each as unknown as Readonly<Record<string, unknown>>) as [
    Readonly<Record<string, unknown>>,
    Readonly<Record<string, unknown>>,
  ];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return keys.filter((key) => text(a[key]) !== text(b[key]));
}

function text(value: unknown): string {
  return value === undefined ? '' : canonicalJson(value);
}

/** What stands in files of clients is for them. */
function shownValue(value: unknown): string {
  return JSON.stringify(value, (key, each: unknown) => (key === 'content' ? '…' : each)) ?? '(none)';
}
