import { expect, it } from 'vitest';
import { type DhcpdConfig, dhcpdConfig, dhcpdInclude } from '../../../hosts/dhcp/isc.js';
import { failureOf } from '../../artifacts/formats/tools.js';

const CONFIG: DhcpdConfig = {
  subnet: '10.77.0.0',
  netmask: '255.255.255.0',
  range: { first: '10.77.0.50', last: '10.77.0.60' },
  router: '10.77.0.254',
  dns: ['10.77.0.2', '10.77.0.3'],
  hosts: [{ name: 'web1', mac: '52:54:00:00:00:01', address: '10.77.0.11' }],
  boot: { bios: 'undionly.kpxe', uefi: 'snponly.efi', ipxe: 'boot.ipxe' },
  nextServer: '10.77.0.1',
};

const suits = (number: string) =>
  `substring(option vendor-class-identifier, 0, 20) = "PXEClient:Arch:${number}"`;
const BIOS = suits('00000');
const UEFI = `${suits('00007')} or ${suits('00009')}`;

it('hands plain PXE clients an iPXE for their firmware, iPXE its script, and clients their addresses', () => {
  expect(dhcpdConfig(CONFIG)).toBe(`option space ipxe;
option ipxe-encapsulated code 175 = encapsulate ipxe;
option ipxe.no-pxedhcp code 176 = unsigned integer 8;

subnet 10.77.0.0 netmask 255.255.255.0 {
  authoritative;
  range 10.77.0.50 10.77.0.60;
  option routers 10.77.0.254;
  option domain-name-servers 10.77.0.2, 10.77.0.3;
  if exists user-class and option user-class = "iPXE" {
    next-server 10.77.0.1;
    filename "boot.ipxe";
    option ipxe.no-pxedhcp 1;
  } elsif ${BIOS} {
    next-server 10.77.0.1;
    filename "undionly.kpxe";
  } elsif ${UEFI} {
    next-server 10.77.0.1;
    filename "snponly.efi";
  }
}

host web1 {
  hardware ethernet 52:54:00:00:00:01;
  fixed-address 10.77.0.11;
  option host-name "web1";
}
`);
});

it('tells a UEFI that boots by HTTP a URL, and that it is an HTTP boot server', () => {
  const boot = { ...CONFIG.boot, http: 'http://10.77.0.1/snponly.efi' };
  expect(dhcpdConfig({ ...CONFIG, boot })).toContain(`    filename "snponly.efi";
  } elsif substring(option vendor-class-identifier, 0, 21) = "HTTPClient:Arch:00016" {
    option vendor-class-identifier "HTTPClient";
    filename "http://10.77.0.1/snponly.efi";
  }
`);
});

it('declares nothing in what another configuration includes', () => {
  const text = dhcpdInclude(CONFIG);
  expect(text).not.toMatch(/subnet|authoritative|code \d|space|^option|range|host/m);
  expect(text).toMatch(/^if exists user-class [^]*\n}\n$/);
});

it('needs neither range, router, DNS nor hosts', () => {
  const { range: _range, router: _router, ...rest } = CONFIG;
  const text = dhcpdConfig({ ...rest, dns: [], hosts: [] });
  expect(text).toContain('subnet 10.77.0.0 netmask 255.255.255.0 {\n  authoritative;\n  if exists');
  expect(text).not.toContain('host ');
});

it.each([
  [{ subnet: '10.77.0.0 { }' }, 'an IPv4 address', '"10.77.0.0 { }"'],
  [
    { hosts: [{ name: 'web1', mac: '52-54-00-00-00-01', address: '10.77.0.11' }] },
    'a MAC address, lower case with colons',
    '"52-54-00-00-00-01"',
  ],
  [
    { hosts: [{ name: 'web 1', mac: '52:54:00:00:00:01', address: '10.77.0.11' }] },
    'a name of letters, digits, dots, dashes and underscores',
    '"web 1"',
  ],
  [
    { boot: { ...CONFIG.boot, ipxe: 'a"; deny booting; "' } },
    'a path or URL of letters, digits and `.`, `_`, `-`, `:`, `/`',
    '"a\\"; deny booting; \\""',
  ],
])('refuses what dhcpd would take for something else: %j', (change, expected, found) => {
  const failure = failureOf(() => dhcpdConfig({ ...CONFIG, ...change }));
  expect(failure.kind).toBe('usage');
  expect(failure.diagnostics).toEqual([
    { what: 'This value cannot stand in the configuration of dhcpd.', expected, found },
  ]);
});
