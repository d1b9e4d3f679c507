/** The configuration of the host's DHCP server. It names no release, so that a promotion does not touch it. */
import { posix } from 'node:path';
import { PC } from '../../artifacts/platform/pc.js';
import { type DnsmasqConfig, dnsmasqConfig, dnsmasqInclude, dnsmasqProxyConfig } from '../dhcp/dnsmasq.js';
import { dhcpdConfig, dhcpdInclude } from '../dhcp/isc.js';
import { hostLayout } from '../host/layout.js';
import type { HostState } from '../host/state.js';
import type { HostFacts } from '../site/facts.js';
import { ipv4 } from './address.js';
import type { BootFile } from './boot-file.js';
import { checkNames } from './names.js';
import { piClients } from './raspberry-pi.js';
import { IPXE_SCRIPT } from './tftp.js';

/**
 * iPXE too is handed a script over TFTP and not the URL that it leads to: the script asks again when the HTTP server does
 * not answer.
 */
const BOOT = {
  bios: posix.basename(PC.firmware.bios.program.path),
  uefi: posix.basename(PC.firmware.uefi.program.path),
  ipxe: IPXE_SCRIPT,
} satisfies DnsmasqConfig['boot'];

/** A UEFI that boots by HTTP gets the same program as one that boots by PXE; below the HTTP server it has the same name. */
export const HTTP_PROGRAM = BOOT.uefi;

/**
 * A configuration for a server of our own, and for a server that gives addresses a second file: what to include into the
 * configuration of one that serves others too, in which nothing concerns other networks than the clients'. A proxy gives none, so that
 * one of our own has room beside every server.
 */
export function dhcpFiles(host: HostFacts, state: HostState): BootFile[] {
  const { dhcp, address } = host;
  const file = (path: string, purpose: string, text: string): BootFile => {
    const head = `# For the target host ${host.name}, by lunsmith; changed by it without asking.\n# ${purpose}\n`;
    return { path, content: { text: head + text }, secret: false };
  };
  const own = (server: string, text: string) =>
    file(`${server}.conf`, `The whole configuration of a ${server} of its own.`, text);
  const tftpRoot = posix.normalize(hostLayout(host).tftp);
  const boot = { ...BOOT, http: `${host.http.url}/${HTTP_PROGRAM}` };
  switch (dhcp.kind) {
    case 'none':
      return [];
    case 'dnsmasq-proxy':
      return [
        own(
          'dnsmasq',
          dnsmasqProxyConfig({
            interface: dhcp.interface,
            network: dhcp.network,
            boot: BOOT,
            ...raspberryPis(state),
            tftpRoot,
          }),
        ),
      ];
    case 'dnsmasq':
      return [
        own(
          'dnsmasq',
          dnsmasqConfig({
            interface: dhcp.interface,
            range: dhcp.range,
            network: { router: dhcp.router, dns: dhcp.dns ?? [] },
            hosts: reservations(state),
            boot,
            ...raspberryPis(state),
            tftpRoot,
          }),
        ),
        file(
          'dnsmasq.include',
          'To include into the configuration of a dnsmasq that serves others, and that has a range for this network.',
          dnsmasqInclude({
            interface: dhcp.interface,
            hosts: reservations(state),
            boot,
            ...raspberryPis(state),
            tftpRoot,
            server: address,
          }),
        ),
      ];
    case 'isc-dhcpd':
      return [
        own(
          'dhcpd',
          dhcpdConfig({
            subnet: dhcp.subnet,
            netmask: dhcp.netmask,
            ...(dhcp.range === undefined ? {} : { range: dhcp.range }),
            ...(dhcp.router === undefined ? {} : { router: dhcp.router }),
            dns: dhcp.dns ?? [],
            hosts: reservations(state),
            boot,
            ...raspberryPis(state),
            nextServer: address,
          }),
        ),
        file(
          'dhcpd.include',
          `To include into the declaration of the subnet ${dhcp.subnet} that a dhcpd which serves others has.`,
          dhcpdInclude({ boot, ...raspberryPis(state), nextServer: address }),
        ),
      ];
  }
}

/** Nothing where there are none: then the configuration has no word of them. */
function raspberryPis(state: HostState): Pick<DnsmasqConfig, 'raspberryPis'> {
  const clients = piClients(state);
  if (clients.length === 0) return {};
  return { raspberryPis: clients.flatMap(({ facts }) => facts.mac ?? []) };
}

/** The fixed address of a client is reserved in DHCP too, so that no other machine gets it. */
function reservations({ clients }: HostState): { mac: string; address: string; name: string }[] {
  return Object.values(clients).flatMap(({ facts }) => {
    const { name, mac } = facts;
    checkNames(facts);
    if (mac === undefined || facts.address === undefined) return [];
    return [{ mac, address: ipv4(facts.address.address), name }];
  });
}
