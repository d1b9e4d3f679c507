import { describe, expect, it } from 'vitest';
import { confFiles } from '../../../hosts/boot-files.js';
import type { DhcpKind } from '../../../hosts/site/facts.js';
import { bootInput, clientState, DB1, HOST, textOf, WEB1 } from '../boot-host.js';

describe('the configuration of the DHCP server', () => {
  const conf = (dhcp: DhcpKind) =>
    confFiles(bootInput([clientState(WEB1), clientState(DB1)], { host: { ...HOST, dhcp } }));
  const range = { first: '10.77.0.50', last: '10.77.0.60', netmask: '255.255.255.0', leaseSeconds: 600 };

  it('is none where the host has none', () => expect(conf({ kind: 'none' })).toEqual([]));

  it('of the proxy knows no client', () => {
    const files = conf({ kind: 'dnsmasq-proxy', interface: 'eth0', network: '10.77.0.0' });
    expect(
      textOf(files, 'dnsmasq.conf'),
    ).toBe(`# For the target host san1, by lunsmith; changed by it without asking.
# The whole configuration of a dnsmasq of its own.
port=0
no-resolv
no-hosts
interface=eth0
bind-interfaces

log-dhcp
dhcp-range=10.77.0.0,proxy

dhcp-userclass=set:ipxe,iPXE
pxe-service=tag:!ipxe,0,"Network boot",undionly.kpxe
pxe-service=tag:!ipxe,7,"Network boot",snponly.efi
pxe-service=tag:!ipxe,9,"Network boot",snponly.efi
pxe-service=tag:ipxe,0,"Network boot",boot.ipxe
pxe-service=tag:ipxe,7,"Network boot",boot.ipxe
pxe-service=tag:ipxe,9,"Network boot",boot.ipxe

enable-tftp
tftp-root=/srv/lunsmith/tftp
`);
  });

  it('of dnsmasq reserves the addresses of clients', () => {
    const files = conf({
      kind: 'dnsmasq',
      interface: 'eth0',
      range,
      router: '10.77.0.254',
      dns: ['10.77.0.2'],
    });
    expect(textOf(files, 'dnsmasq.conf')).toContain(`dhcp-authoritative
log-dhcp
dhcp-range=10.77.0.50,10.77.0.60,255.255.255.0,600
dhcp-option=option:router,10.77.0.254
dhcp-option=option:dns-server,10.77.0.2
dhcp-host=52:54:00:00:00:02,10.77.0.99,db1.
`);
    const alone = textOf(conf({ kind: 'dnsmasq', interface: 'eth0', range }), 'dnsmasq.conf');
    expect(alone).toContain('dhcp-option=option:router\ndhcp-option=option:dns-server\n');
  });

  it('that others include has nothing that concerns another interface', () => {
    const files = conf({ kind: 'dnsmasq', interface: 'eth0', range });
    expect(
      textOf(files, 'dnsmasq.include'),
    ).toBe(`# For the target host san1, by lunsmith; changed by it without asking.
# To include into the configuration of a dnsmasq that serves others, and that has a range for this network.
dhcp-userclass=set:lunsmith-ipxe,iPXE
dhcp-match=set:lunsmith-bios,option:client-arch,0
dhcp-match=set:lunsmith-uefi,option:client-arch,7
dhcp-match=set:lunsmith-uefi,option:client-arch,9
dhcp-boot=tag:eth0,tag:!lunsmith-ipxe,tag:lunsmith-bios,undionly.kpxe,,10.77.0.1
dhcp-boot=tag:eth0,tag:!lunsmith-ipxe,tag:lunsmith-uefi,snponly.efi,,10.77.0.1
dhcp-match=set:lunsmith-http,option:client-arch,16
dhcp-option-force=tag:eth0,tag:!lunsmith-ipxe,tag:lunsmith-http,60,HTTPClient
dhcp-boot=tag:eth0,tag:!lunsmith-ipxe,tag:lunsmith-http,http://10.77.0.1/snponly.efi
dhcp-boot=tag:eth0,tag:lunsmith-ipxe,boot.ipxe,,10.77.0.1
dhcp-option=tag:eth0,tag:lunsmith-ipxe,encap:175,176,1b
dhcp-host=52:54:00:00:00:02,10.77.0.99,db1.
tftp-root=/srv/lunsmith/tftp,eth0
`);
  });

  it('of dhcpd too', () => {
    const files = conf({ kind: 'isc-dhcpd', subnet: '10.77.0.0', netmask: '255.255.255.0' });
    expect(textOf(files, 'dhcpd.conf')).toContain('    next-server 10.77.0.1;\n');
    expect(textOf(files, 'dhcpd.conf')).toContain('host db1 {\n  hardware ethernet 52:54:00:00:00:02;\n');
    expect(textOf(files, 'dhcpd.conf')).not.toContain('web1');
  });
});
