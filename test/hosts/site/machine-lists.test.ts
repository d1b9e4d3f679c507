/** Machines as other programs list them. */
import { expect, it } from 'vitest';
import { formatOf, parseMachines } from '../../../hosts/site/machine-lists/formats.js';
import type { Machine } from '../../../hosts/site/machine-lists/machine.js';
import { failureOf } from '../../util/failure-of.js';

const A = '52:54:00:00:00:0a';
const B = '52:54:00:00:00:0b';

const read = (text: string): Machine[] => parseMachines(text, formatOf(text), 'list');
const readLater = async (text: string) => read(text);
/** In short: name, MAC, address and line. */
const short = (text: string) =>
  read(text).map(({ name, facts, line }) =>
    [name, facts.mac, facts.address, line].map((each) => each ?? '-').join(' '),
  );

it('a table, with the columns in any order, between commas, semicolons or tabs', () => {
  const [first, second] = read(
    `\uFEFFMAC;Name;channel\r\n# a comment\r\n${A};web1;stable\r\n\r\n"${B}";"web2";\r\n`,
  );
  expect(first).toEqual({ name: 'web1', facts: { mac: A, channel: 'stable' }, line: 3 });
  expect(second).toEqual({ name: 'web2', facts: { mac: B }, line: 5 });
  expect(short(`name\tmac\taddress\nweb1\t${A}\t192.0.2.7\n`)).toEqual([`web1 ${A} 192.0.2.7 2`]);
});

it.each([
  ['a column that says nothing here', `name,mak\nweb1,${A}\n`, 'No column of a client is called `mak`.'],
  ['a column twice', `name,mac,MAC\nweb1,${A},${A}\n`, 'Two columns are called `mac`.'],
  ['a line with too few columns', `name,mac\nweb1\n`, 'This is no table.'],
  ['a quote that does not end', `name,mac\n"web1,${A}\n`, 'This is no table.'],
])('refuses %s, with its line', async (_, text, what) => {
  const { kind, diagnostics } = await failureOf(readLater(text));
  expect([kind, diagnostics[0]?.what]).toEqual(['usage', what]);
  expect(diagnostics[0]?.place).toMatchObject({ file: 'list' });
});

it('lines of dnsmasq’s dhcp-host, whatever their order', () => {
  expect(
    short(`# dhcp-host=52:54:00:00:00:0f,never
interface=eth0
dhcp-host=${A},web1,192.0.2.7,12h
dhcp-host=set:red,${B.toUpperCase()},[2001:db8::1],web2,infinite  # the other one
dhcp-host=52:54:00:00:00:0c,ignore
dhcp-host=id:01:02:03,web4
dhcp-host=52:54:00:00:00:0d,192.0.2.9
`),
  ).toEqual([`web1 ${A} 192.0.2.7 3`, `web2 ${B.toUpperCase()} - 4`, '- 52:54:00:00:00:0d 192.0.2.9 7']);
  // A file of `dhcp-hostsfile`.
  expect(short(`${A},192.0.2.7,web1\n`)).toEqual([`web1 ${A} 192.0.2.7 1`]);
});

it('leases of dnsmasq, without their addresses', () => {
  expect(
    short(`1767323045 ${A} 192.0.2.101 web1 01:52:54:00:00:00:0a
1767323046 ${B} 192.0.2.102 * *
duid 00:01:00:01:2c
1767323047 12345 2001:db8::9 web1 00:01:00:01
`),
  ).toEqual([`web1 ${A} - 1`, `- ${B} - 2`]);
});

it('declarations of ISC’s dhcpd, in groups and subnets too', () => {
  expect(
    short(`option domain-name "host x { };";
# host never { hardware ethernet 52:54:00:00:00:0f; }
group {
  filename "x"; host web1 {
    hardware ethernet ${A}; # its card
    if known { option host-name "y"; }
    fixed-address 192.0.2.7;
  }
}
subnet 192.0.2.0 netmask 255.255.255.0 {
  host web2 { fixed-address 192.0.2.8, 198.51.100.8; hardware ethernet ${B}; }
  host web3 { host-identifier option agent.remote-id "z"; }
}
`),
  ).toEqual([`web1 ${A} 192.0.2.7 4`, `web2 ${B} - 11`]);
});

it('leases of ISC’s dhcpd, of which the last counts', () => {
  const lease = (ip: string, mac: string, name?: string) =>
    `lease ${ip} {\n  binding state active;\n  hardware ethernet ${mac};\n${name === undefined ? '' : `  client-hostname "${name}";\n`}}\n`;
  const text = lease('192.0.2.101', A, 'old') + lease('192.0.2.102', B) + lease('192.0.2.103', A, 'web1');
  expect(short(text)).toEqual([`web1 ${A} - 10`, `- ${B} - 6`]);
});

it('an inventory of Ansible, as ansible-inventory prints it', () => {
  const hostvars = {
    web1: { mac_address: A, ansible_host: '192.0.2.7', lunsmith_channel: 'stable' },
    web2: { mac: 'other', lunsmith_mac: B, lunsmith_size: 10 },
    web3: {},
  };
  expect(read(JSON.stringify({ _meta: { hostvars }, all: { children: [] } }))).toEqual([
    { name: 'web1', facts: { mac: A, channel: 'stable' } },
    { name: 'web2', facts: { mac: B, size: '10' } },
    { name: 'web3', facts: {} },
  ]);
});

it('refuses JSON that is no inventory, and says how one is made', async () => {
  const { diagnostics } = await failureOf(readLater('{"hosts": []}'));
  expect(diagnostics[0]).toMatchObject({
    what: 'list is no inventory of Ansible.',
    hint: 'Make it so: ansible-inventory --inventory INVENTORY --list > list',
  });
});
