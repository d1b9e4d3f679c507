/** The configuration of the host's DHCP server. It names no release, so that a promotion does not touch it. */
import { posix } from 'node:path';
import { PC } from '../../artifacts/platform/pc.js';
import { type DnsmasqConfig, dnsmasqConfig, dnsmasqProxyConfig } from '../dhcp/dnsmasq.js';
import { dhcpdConfig } from '../dhcp/isc.js';
import { hostLayout } from '../host/layout.js';
import type { HostState } from '../host/state.js';
import type { HostFacts } from '../site/facts.js';
import { ipv4 } from './address.js';
import type { BootFile } from './boot-file.js';
import { checkNames } from './names.js';

/**
 * iPXE too is handed a script over TFTP and not the URL that it leads to: the script asks again when the HTTP server does
 * not answer.
 */
const BOOT: DnsmasqConfig['boot'] = {
  bios: posix.basename(PC.firmware.bios.program.path),
  uefi: posix.basename(PC.firmware.uefi.program.path),
  ipxe: 'boot.ipxe',
};

export function dhcpFiles(host: HostFacts, state: HostState): BootFile[] {
  const { dhcp, address } = host;
  const file = (path: string, text: string) => {
    const head = `# For the target host ${host.name}, by lunsmith; changed by it without asking.\n`;
    return [{ path, content: { text: head + text }, secret: false }];
  };
  const tftpRoot = posix.normalize(hostLayout(host).tftp);
  switch (dhcp.kind) {
    case 'none':
      return [];
    case 'dnsmasq-proxy':
      return file(
        'dnsmasq.conf',
        dnsmasqProxyConfig({ interface: dhcp.interface, network: dhcp.network, boot: BOOT, tftpRoot }),
      );
    case 'dnsmasq':
      return file(
        'dnsmasq.conf',
        dnsmasqConfig({
          interface: dhcp.interface,
          range: dhcp.range,
          network: { router: dhcp.router, dns: dhcp.dns ?? [] },
          hosts: reservations(state),
          boot: BOOT,
          tftpRoot,
        }),
      );
    case 'isc-dhcpd':
      return file(
        'dhcpd.conf',
        dhcpdConfig({
          subnet: dhcp.subnet,
          netmask: dhcp.netmask,
          ...(dhcp.range === undefined ? {} : { range: dhcp.range }),
          ...(dhcp.router === undefined ? {} : { router: dhcp.router }),
          dns: dhcp.dns ?? [],
          hosts: reservations(state),
          boot: BOOT,
          nextServer: address,
        }),
      );
  }
}

/** A client with an address of its own gets it by DHCP too, so that nobody else does. */
function reservations({ clients }: HostState): { mac: string; address: string; name: string }[] {
  return Object.values(clients).flatMap(({ facts }) => {
    const { name, mac } = facts;
    checkNames(facts);
    if (mac === undefined || facts.address === undefined) return [];
    return [{ mac, address: ipv4(facts.address.address), name }];
  });
}
