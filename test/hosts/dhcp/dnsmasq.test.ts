import { expect, it } from 'vitest';
import { type DnsmasqConfig, dnsmasqConfig } from '../../../hosts/dhcp/dnsmasq.js';

const CONFIG: DnsmasqConfig = {
  interface: 'gate0',
  range: { first: '10.77.0.10', last: '10.77.0.20', netmask: '255.255.255.0', leaseSeconds: 3600 },
  hosts: [
    { mac: '52:54:00:00:00:01', address: '10.77.0.10' },
    { mac: '52:54:00:00:00:02', address: '10.77.0.11', name: 'second' },
  ],
  boot: { bios: 'undionly.kpxe', uefi: 'snponly.efi', ipxe: 'http://10.77.0.1/client.ipxe' },
  tftpRoot: '/srv/net boot',
  leaseFile: '/run/leases',
  advertise: 'fd00:1::',
};

it('hands plain PXE clients an iPXE for their firmware, and iPXE its script', () => {
  expect(dnsmasqConfig(CONFIG)).toBe(`port=0
no-resolv
no-hosts
interface=gate0
bind-interfaces

dhcp-authoritative
no-ping
log-dhcp
dhcp-leasefile=/run/leases
dhcp-range=10.77.0.10,10.77.0.20,255.255.255.0,3600
dhcp-host=52:54:00:00:00:01,10.77.0.10
dhcp-host=52:54:00:00:00:02,10.77.0.11,second.
enable-ra
dhcp-range=fd00:1::,ra-only

dhcp-userclass=set:ipxe,iPXE
dhcp-match=set:bios,option:client-arch,0
dhcp-match=set:uefi,option:client-arch,7
dhcp-match=set:uefi,option:client-arch,9
dhcp-boot=tag:!ipxe,tag:bios,undionly.kpxe
dhcp-boot=tag:!ipxe,tag:uefi,snponly.efi
dhcp-boot=tag:ipxe,http://10.77.0.1/client.ipxe
dhcp-option=tag:ipxe,encap:175,176,1b

enable-tftp
tftp-root=/srv/net boot
`);
});

it('needs neither hosts nor IPv6', () => {
  const { hosts: _hosts, advertise: _advertise, ...plain } = CONFIG;
  const text = dnsmasqConfig(plain);
  expect(text).not.toMatch(/dhcp-host|enable-ra|ra-only/);
});

it.each([
  [{ interface: 'eth0 # all' }, 'text without spaces, commas, quotes, `#` and backslashes', '"eth0 # all"'],
  [
    { boot: { ...CONFIG.boot, ipxe: 'a,b' } },
    'text without spaces, commas, quotes, `#` and backslashes',
    '"a,b"',
  ],
  [{ tftpRoot: 'relative' }, 'an absolute path without quotes, `#` and backslashes', '"relative"'],
  [{ leaseFile: '/a\nport=53' }, 'an absolute path without quotes, `#` and backslashes', '"/a\\nport=53"'],
])('refuses what dnsmasq would take for something else: %j', (change, expected, found) => {
  expect(() => dnsmasqConfig({ ...CONFIG, ...change })).toThrow(
    expect.objectContaining({
      kind: 'usage',
      diagnostics: [{ what: 'This value cannot stand in the configuration of dnsmasq.', expected, found }],
    }),
  );
});
