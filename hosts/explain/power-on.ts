/** Power-on, and who answers the firmware. */
import { posix } from 'node:path';
import { PC } from '../../artifacts/platform/pc.js';
import type { FirmwareFacts } from '../../artifacts/platform/platform.js';
import type { HostFacts } from '../site/facts.js';
import type { Link } from './link.js';
import type { Subject } from './subject.js';

export const DHCP_PORTS = 'port 67 or port 68 or port 4011';
const DISCOVER =
  'UDP 0.0.0.0:68 -> 255.255.255.255:67  DHCPDISCOVER; option 60 PXEClient, option 93 architecture: 0 BIOS, 7 or 9 x86-64 UEFI';

/** The firmware asks for an address and for a file to load (RFC 2131, RFC 4578). */
export function powerOn(subject: Subject): Link {
  const { host } = subject;
  return {
    name: 'power-on',
    title: 'Power-on: the firmware asks by DHCP what to boot',
    ...DHCP[host.dhcp.kind](subject),
    settings: [
      { name: 'next-server', value: host.address },
      bootFile('BIOS', PC.firmware.bios),
      bootFile('UEFI', PC.firmware.uefi),
    ],
    stops: [
      {
        shows:
          'No bootable device, PXE-E51 (no DHCP or proxy DHCP offers), PXE-E53 (no boot file name), or BdsDxe: No bootable option',
        causes: [
          'network boot is off in the firmware, or comes after a disk that boots',
          'the client is on another network or VLAN than the server that shall answer',
          ...ANSWERS[host.dhcp.kind],
        ],
        look: [subject.watch(DHCP_PORTS), ...logs(host)],
      },
      {
        shows: 'an address, and then the boot program of somebody else',
        causes: ['two servers say what to boot; the first answer wins'],
        look: [`${subject.watch(DHCP_PORTS)}    # who answers?`],
      },
    ],
  };
}

type Answer = (subject: Subject) => Pick<Link, 'says' | 'packets' | 'files'>;

const DHCP: Readonly<Record<HostFacts['dhcp']['kind'], Answer>> = {
  'dnsmasq-proxy': ({ host, conf }) => ({
    says: [
      'The DHCP server that the network has gives the address.',
      `dnsmasq on ${host.name} (proxy) gives no address; it only adds what to boot.`,
    ],
    packets: [
      DISCOVER,
      'UDP the network’s DHCP server:67 -> client:68  DHCPOFFER, DHCPACK: the address',
      `UDP ${host.address}:67 -> client:68  DHCPOFFER without an address: option 60 PXEClient`,
      `UDP client:68 -> ${host.address}:4011  DHCPREQUEST, answered from there: the boot file`,
    ],
    files: [conf('dnsmasq.conf')],
  }),
  dnsmasq: ({ host, client, conf }) => ({
    says: [
      `dnsmasq on ${host.name} is the DHCP server of the network: it gives address and boot file.`,
      ...reservation(client),
    ],
    packets: [DISCOVER, ...offer(host)],
    files: [conf('dnsmasq.conf')],
  }),
  'isc-dhcpd': ({ host, client, conf }) => ({
    says: [
      `ISC dhcpd on ${host.name} is the DHCP server of the network: it gives address and boot file.`,
      ...reservation(client),
    ],
    packets: [DISCOVER, ...offer(host)],
    files: [conf('dhcpd.conf')],
  }),
  none: ({ host }) => ({
    says: [
      `Somebody else’s DHCP server gives address and boot file; nothing on ${host.name} answers.`,
      'It must name the settings below, and for the user class iPXE the file boot.ipxe.',
    ],
    packets: [
      DISCOVER,
      'UDP somebody else’s DHCP server:67 -> client:68  DHCPOFFER, DHCPACK: address and boot file',
    ],
    files: [],
  }),
};

function reservation({ mac, address }: Subject['client']): string[] {
  if (address === undefined) return [];
  return [
    mac === undefined
      ? `${address.address} is not reserved for it, as its MAC address is not known.`
      : `${address.address} is reserved for ${mac}.`,
  ];
}

function offer({ address }: HostFacts): string[] {
  return [
    `UDP ${address}:67 -> client:68  DHCPOFFER: address, next-server, boot file`,
    `UDP 0.0.0.0:68 -> 255.255.255.255:67  DHCPREQUEST, and from ${address}:67 DHCPACK`,
  ];
}

const ANSWERS: Readonly<Record<HostFacts['dhcp']['kind'], readonly string[]>> = {
  'dnsmasq-proxy': [
    'dnsmasq does not run, or has not read its file',
    'a firewall drops UDP 67 or 4011',
    'the network’s own DHCP server gives no address',
  ],
  dnsmasq: [
    'dnsmasq does not run, or has not read its file',
    'a firewall drops UDP 67',
    'no address is left in its range',
  ],
  'isc-dhcpd': [
    'dhcpd does not run, or does not include our file',
    'a firewall drops UDP 67',
    'no address is left in its range',
  ],
  none: ['that DHCP server does not name the boot file, or not for this architecture'],
};

/** What the DHCP server tells. */
export function logs({ dhcp, root }: HostFacts): string[] {
  switch (dhcp.kind) {
    case 'none':
      return ['the log of that DHCP server'];
    case 'isc-dhcpd':
      return ['journalctl -fu isc-dhcp-server', `dhcpd -t -cf ${root}/conf/dhcpd.conf`];
    default:
      return ['journalctl -fu dnsmasq', `dnsmasq --test --conf-file=${root}/conf/dnsmasq.conf`];
  }
}

function bootFile(firmware: string, { dhcpArchitectures, program }: FirmwareFacts): Link['settings'][number] {
  const architectures = `architecture${dhcpArchitectures.length === 1 ? '' : 's'} ${dhcpArchitectures.join(' and ')}`;
  return { name: `boot file for ${firmware} (${architectures})`, value: posix.basename(program.path) };
}
