import { expect, it } from 'vitest';
import { type DhcpServer, dhcpServer, readersIn } from '../../../hosts/dhcp/readers.js';
import { dhcpWords } from '../../../hosts/doctor/dhcp.js';
import { HOST } from '../boot-host.js';

const CONF = '/srv/lunsmith/conf';
const range = { first: '10.77.0.50', last: '10.77.0.60', netmask: '255.255.255.0', leaseSeconds: 600 };
const FULL = { ...HOST, dhcp: { kind: 'dnsmasq', interface: 'eth0', range } as const };
const PROXY = HOST;
const ISC = { ...HOST, dhcp: { kind: 'isc-dhcpd', subnet: '10.77.0.0', netmask: '255.255.255.0' } as const };
const DNSMASQ = dhcpServer(FULL) as DhcpServer;

const process = (...words: string[]) => ['process', ...words.map((word) => `word ${word}`)];
const DEBIAN = process(
  '/usr/sbin/dnsmasq',
  '-x',
  '/run/dnsmasq/dnsmasq.pid',
  '-7',
  '/etc/dnsmasq.d,.dpkg-dist',
);
const LIBVIRT = process('/usr/sbin/dnsmasq', '--conf-file=/var/lib/libvirt/dnsmasq/default.conf');
const OWN = process('dnsmasq', '-k', '-C', `${CONF}/dnsmasq.conf`);
const includes = (file: string) => [`line /etc/dnsmasq.d/lunsmith:1:conf-file=${CONF}/${file}`];
const SITE = ['line /etc/dnsmasq.conf:7:# by hand', 'line /etc/dnsmasq.conf:8:local=/lan/'];

const told = (facts: typeof FULL | typeof PROXY | typeof ISC, lines: readonly string[]) => {
  const server = dhcpServer(facts) as DhcpServer;
  return dhcpWords(facts, server, readersIn(lines, CONF, server));
};

it.each([
  ['one of its own', FULL, [...OWN, ...SITE, ...DEBIAN]],
  ['one of its own as a proxy', PROXY, [...OWN, ...SITE, ...DEBIAN]],
  [
    'one that serves others and reads what is made for it',
    FULL,
    [...DEBIAN, ...SITE, ...includes('dnsmasq.include')],
  ],
  ['the host has it for us alone', FULL, [...DEBIAN, ...includes('dnsmasq.conf')]],
  [
    'a folder, for us alone',
    PROXY,
    [...DEBIAN, `line /etc/dnsmasq.d/lunsmith.conf:2:conf-dir=${CONF},*.conf`],
  ],
])('nothing is told of %s', (_, facts, lines) => {
  expect(told(facts, lines)).toEqual([]);
});

it('one that serves others and reads our whole configuration is told of, with a line by which it does', () => {
  const lines = [...DEBIAN, ...SITE, ...includes('dnsmasq.conf')];
  expect(told(FULL, lines)).toEqual([
    {
      level: 'warning',
      about: 'dhcp',
      what: 'dnsmasq serves others, and reads our whole configuration with theirs.',
      where: `${CONF}/dnsmasq.conf`,
      expected: `conf-file=${CONF}/dnsmasq.include in a file of /etc/dnsmasq.d`,
      found: '/etc/dnsmasq.d/lunsmith names it, and there is /etc/dnsmasq.conf:8: local=/lan/',
      hint: `What is global in it holds for all: let /etc/dnsmasq.d/lunsmith name ${CONF}/dnsmasq.include instead.`,
    },
  ]);
  expect(told(PROXY, lines).map(({ expected }) => expected)).toEqual(['a dnsmasq of its own for this file']);
});

it('a dhcpd with subnets besides ours too', () => {
  const dhcpd = process('/usr/sbin/dhcpd', '-4', '-q', '-cf', '/etc/dhcp/dhcpd.conf', 'eth0');
  const line = (number: number, text: string) => `line /etc/dhcp/dhcpd.conf:${number}:${text}`;
  const own = line(9, `include "${CONF}/dhcpd.conf";`);
  expect(told(ISC, [...dhcpd, line(1, 'default-lease-time 600;'), own])).toEqual([]);
  const [finding] = told(ISC, [...dhcpd, line(4, 'subnet 10.78.0.0 netmask 255.255.255.0 {'), own]);
  expect(finding?.found).toBe(
    '/etc/dhcp/dhcpd.conf names it, and there is /etc/dhcp/dhcpd.conf:4: subnet 10.78.0.0 netmask 255.255.255.0 {',
  );
});

it('only those that read our files are asked whether they would start', () => {
  const commands = (...lines: string[]) =>
    readersIn(lines, CONF, DNSMASQ).commands.map(([, ...words]) => words.at(-1));
  expect(commands(...LIBVIRT, ...DEBIAN, ...includes('dnsmasq.include'))).toEqual([
    '/etc/dnsmasq.d,.dpkg-dist',
  ]);
  expect(commands(...LIBVIRT, ...DEBIAN, ...OWN)).toEqual([`${CONF}/dnsmasq.conf`]);
  expect(commands(...LIBVIRT, ...DEBIAN)).toEqual([]);
});
