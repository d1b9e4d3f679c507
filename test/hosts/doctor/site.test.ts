/** What doctor finds in a site by itself: who is told of a DNS server. */
import { expect, it } from 'vitest';
import { siteFindings } from '../../../hosts/doctor/site.js';
import { EMPTY_STATE } from '../../../hosts/host/state.js';
import type { DhcpKind } from '../../../hosts/site/facts.js';
import { clientFacts, hostFacts } from '../../util/hosts.js';

const SERVER = { kind: 'isc-dhcpd', subnet: '192.0.2.0', netmask: '255.255.255.0' } as const;
const OWN = { address: '192.0.2.7', netmask: '255.255.255.0' };

it.each<[string, DhcpKind, object, readonly string[]]>([
  ['a DHCP server of ours without one', SERVER, {}, ['`dns` under `dhcp`']],
  ['one that is meant to tell of none', { ...SERVER, dns: [] }, {}, []],
  ['one that tells of one', { ...SERVER, dns: ['192.0.2.53'] }, { address: OWN }, []],
  ['the DHCP server of others', { kind: 'none' }, {}, []],
  ['an address of its own without one', { kind: 'none' }, { address: OWN }, ['`dns` beside `address`']],
  ['an address of its own with one', { kind: 'none' }, { address: { ...OWN, dns: '192.0.2.53' } }, []],
])('%s', (_, dhcp, client, expected) => {
  const view = { clients: [clientFacts(1, client)], channels: ['stable'] };
  const found = siteFindings(hostFacts('/srv', { dhcp }), EMPTY_STATE, view);
  const dns = found.filter(({ what }) => what.includes('DNS server'));
  expect(dns.map((each) => each.expected)).toEqual(expected);
});
