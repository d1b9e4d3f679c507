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
  network: { router: '10.77.0.1', dns: ['10.77.0.2', '10.77.0.3'] },
};

it('hands plain PXE clients an iPXE for their firmware, and iPXE its script', () => {
  expect(dnsmasqConfig(CONFIG)).toBe(`port=0
no-resolv
no-hosts
interface=gate0
bind-interfaces

dhcp-authoritative
log-dhcp
dhcp-range=10.77.0.10,10.77.0.20,255.255.255.0,3600
dhcp-option=option:router,10.77.0.1
dhcp-option=option:dns-server,10.77.0.2,10.77.0.3
dhcp-host=52:54:00:00:00:01,10.77.0.10
dhcp-host=52:54:00:00:00:02,10.77.0.11,second.

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

it('tells a UEFI that boots by HTTP a URL, and that it is an HTTP boot server', () => {
  const boot = { ...CONFIG.boot, http: 'http://10.77.0.1/snponly.efi' };
  expect(dnsmasqConfig({ ...CONFIG, boot })).toContain(`
dhcp-match=set:http,option:client-arch,16
dhcp-option-force=tag:!ipxe,tag:http,60,HTTPClient
dhcp-boot=tag:!ipxe,tag:http,http://10.77.0.1/snponly.efi
dhcp-boot=tag:ipxe,`);
});

it('needs neither hosts nor a router', () => {
  const { hosts: _hosts, ...plain } = CONFIG;
  const text = dnsmasqConfig({ ...plain, network: { router: undefined, dns: [] } });
  expect(text).not.toMatch(/dhcp-host/);
  // Without a value they are not sent.
  expect(text).toContain('dhcp-option=option:router\ndhcp-option=option:dns-server\n');
});

it.each([
  [{ interface: 'eth0 # all' }, 'text without spaces, commas, quotes, `#` and backslashes', '"eth0 # all"'],
  [
    { boot: { ...CONFIG.boot, ipxe: 'a,b' } },
    'text without spaces, commas, quotes, `#` and backslashes',
    '"a,b"',
  ],
  [{ tftpRoot: 'relative' }, 'an absolute path without quotes, `#` and backslashes', '"relative"'],
  [{ tftpRoot: '/a\nport=53' }, 'an absolute path without quotes, `#` and backslashes', '"/a\\nport=53"'],
])('refuses what dnsmasq would take for something else: %j', (change, expected, found) => {
  expect(() => dnsmasqConfig({ ...CONFIG, ...change })).toThrow(
    expect.objectContaining({
      kind: 'usage',
      diagnostics: [{ what: 'This value cannot stand in the configuration of dnsmasq.', expected, found }],
    }),
  );
});
