import fc from 'fast-check';
import { expect, it } from 'vitest';
import { clientEntry } from '../../../hosts/site/client-entry.js';
import { addClient, removeClient } from '../../../hosts/site/client-text.js';
import { parseSite } from '../../../hosts/site/load.js';
import { siteOf } from './a-site.js';
import { anySite, writtenSite } from './any-site.js';

const HOSTS = `hosts:
  san1:
    address: 192.0.2.1
    dhcp: { kind: dnsmasq, interface: eth0, network: 192.0.2.0/24, range: { first: 192.0.2.100, last: 192.0.2.199 }, router: 192.0.2.254 }
`;
const SECOND =
  '  lab:\n    connect: ./lab\n    address: 198.51.100.1\n    target: { kind: none, portal: 198.51.100.2 }\n';
const parse = (text: string) =>
  parseSite({ text, path: '/srv/site/lunsmith.yaml', file: 'lunsmith.yaml', folder: '/srv/site' } as never);

it.each<[string, string, boolean?]>([
  ['the least', "{ mac: '52:54:00:00:00:01', channel: stable, secret: 'file:secrets/web1' }"],
  [
    'all of one image',
    "{ host: san1, mac: '52:54:00:00:00:01', serial: CZC1, uuid: 4c4c4544-0042-3510-8052-b4c04f4a3132, initiator: 'iqn.2026-01.org.example:x', account: other, channel: edge, size: 10G, boot: direct, follows: rebase, secret: 'env:WEB1', address: 192.0.2.21, gateway: 192.0.2.7, dns: 192.0.2.8 }",
    true,
  ],
  [
    'several images, an address of the network',
    "{ serial: '007', secret: 'file:chap', address: 192.0.2.21, menu-seconds: 9, images: [{ name: main, channel: stable, size: 1025M }, { name: next, channel: edge, boot: direct }] }",
  ],
  [
    'one image of a name',
    "{ uuid: 4c4c4544-0042-3510-8052-b4c04f4a3132, secret: 'file:chap', images: [{ name: debian, channel: stable }] }",
  ],
  [
    'a system that installs itself, and a secret that is asked for',
    "{ mac: '52:54:00:00:00:01', secret: 'prompt:file:chap', images: [{ name: windows, blank: 60G, installer: edge }] }",
  ],
  [
    'a LUN of an array',
    "{ host: lab, mac: '52:54:00:00:00:01', channel: stable, target: 'iqn.2026-01.org.example:lun7', secret: 'file:chap' }",
    true,
  ],
])('says of a client what the site said of it: %s', (_, written, several = false) => {
  const text = `${HOSTS}${several ? SECOND : ''}clients:\n  web1: ${written}\n`;
  const site = parse(text);
  const [facts] = site.clients;
  if (facts === undefined) throw new Error('no client');
  const without = removeClient(text, 'web1');
  const again = addClient(without, 'web1', clientEntry(facts, site));
  expect(parse(again).clients).toEqual([facts]);
});

it('says of any client of any site what the site said of it', () => {
  fc.assert(
    fc.property(anySite, (site) => {
      const text = writtenSite(site);
      for (const facts of site.clients) {
        const again = addClient(removeClient(text, facts.name), facts.name, clientEntry(facts, site));
        expect(siteOf(again).clients.find(({ name }) => name === facts.name)).toEqual(facts);
      }
    }),
    { seed: 1, numRuns: 20 },
  );
});
