/** What the site says and the host has not been told, and the other way round. */
import { canonicalJson } from '../../base/digest.js';
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
        keys.map((key) => `${key} ${JSON.stringify(from[key as keyof ClientFacts]) ?? '(none)'}`).join(', ');
      return [
        finding(
          `The client ${client.name} is another on the host than in the site.`,
          shown(client),
          shown(there),
          `Run: npx lunsmith client add ${client.name}`,
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
