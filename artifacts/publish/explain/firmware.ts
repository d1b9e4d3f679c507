/** From power-on until iPXE runs. */
import { pxelinuxAddressName, pxelinuxMacName } from '../../formats/pxelinux.js';
import type { HostFacts } from '../site.js';
import type { Link, Stop } from './link.js';
import type { Subject } from './subject.js';

const DHCP_PORTS = 'port 67 or port 68 or port 4011';
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
      { name: 'boot file for BIOS (architecture 0)', value: 'undionly.kpxe' },
      { name: 'boot file for UEFI (architectures 7 and 9)', value: 'snponly.efi' },
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

function logs({ dhcp, root }: HostFacts): string[] {
  switch (dhcp.kind) {
    case 'none':
      return ['the log of that DHCP server'];
    case 'isc-dhcpd':
      return ['journalctl -fu isc-dhcp-server', `dhcpd -t -cf ${root}/conf/dhcpd.conf`];
    default:
      return ['journalctl -fu dnsmasq', `dnsmasq --test --conf-file=${root}/conf/dnsmasq.conf`];
  }
}

/** RFC 1350: the request goes to port 69, the data comes from another one. */
export function tftpLoad(subject: Subject): Link {
  const { host, tftp } = subject;
  return {
    name: 'tftp',
    title: 'TFTP: the firmware loads iPXE',
    says: [
      'A BIOS loads undionly.kpxe, which drives the card through its ROM; a UEFI loads snponly.efi, which drives it through the firmware.',
      ...pxelinux(subject),
    ],
    packets: [
      `UDP client:any -> ${host.address}:69  read request for the boot file`,
      `UDP ${host.address}:any -> client:any  its blocks, each acknowledged`,
    ],
    files: [tftp('undionly.kpxe'), tftp('snponly.efi')],
    settings: [],
    stops: [
      {
        shows: 'PXE-E32 (TFTP open timeout), PXE-T01 (file not found), PXE-E18 or PXE-E23',
        causes: [
          `${tftpServer(host)} does not run, or its root is another folder than ${tftp('')}`,
          'a firewall lets UDP 69 through but not the port that the data comes from',
          'the file is not there, or the server cannot read it',
        ],
        look: [subject.watch('udp and not port 67 and not port 68'), `ls -l ${tftp('')}`, ...tftpLog(host)],
      },
      {
        shows: 'nothing after NBP file downloaded successfully, or a security violation',
        causes: [
          'Secure Boot is on: it takes signed boot programs only',
          'the file is for the other firmware',
        ],
        look: ['the firmware’s setup: Secure Boot; UEFI or legacy boot'],
      },
    ],
  };
}

function tftpServer({ dhcp }: HostFacts): string {
  return dhcp.kind === 'isc-dhcpd' || dhcp.kind === 'none' ? 'the TFTP server' : 'dnsmasq';
}

function tftpLog({ dhcp }: HostFacts): string[] {
  return dhcp.kind === 'isc-dhcpd' || dhcp.kind === 'none'
    ? ['the log of the TFTP server']
    : ['journalctl -fu dnsmasq    # dnsmasq-tftp: sent …, or what it did not find'];
}

function pxelinux({ client, tftp }: Subject): string[] {
  const names = [
    ...(client.mac === undefined ? [] : [pxelinuxMacName(client.mac)]),
    ...(client.address === undefined ? [] : [pxelinuxAddressName(client.address.address)]),
    'default',
  ];
  return [
    `Where the network’s DHCP server hands out PXELINUX (BIOS): it reads ${names.map((name) => tftp(`pxelinux.cfg/${name}`)).join(', else ')}, and loads ipxe.lkrn with boot.ipxe; go on at the next link.`,
  ];
}

/** iPXE asks again, and is told of a script instead of a program. */
export function firstScript(subject: Subject): Link {
  const { host, tftp, url } = subject;
  const stops: Stop[] = [
    {
      shows: 'Configuring (net0 …)… No configuration methods succeeded',
      causes: [
        'the switch port is not forwarding yet (spanning tree): make it an edge port',
        'the DHCP server has no second address for it, or does not answer iPXE',
      ],
      look: [subject.watch(DHCP_PORTS), ...logs(host)],
    },
    {
      shows: 'iPXE starts again and again',
      causes: [
        'the DHCP server tells iPXE of iPXE: it must tell by option 175, or by the user class iPXE, and name boot.ipxe',
      ],
      look: [subject.watch(DHCP_PORTS), ...logs(host)],
    },
    {
      shows: `${host.http.url} does not answer, next attempt in 5 seconds`,
      causes: [
        'the HTTP server does not run, or its root is another folder',
        'a firewall drops its port',
        `clients do not reach ${host.http.url}: the address is wrong in the site, or there is no route`,
      ],
      look: [
        `curl -i ${url('boot.ipxe')}    # from a machine in the clients’ network`,
        `ls -l ${subject.http('')}`,
        'the log of the HTTP server',
      ],
    },
  ];
  return {
    name: 'ipxe',
    title: 'iPXE: asks DHCP again, and loads its first script',
    says: [
      'iPXE asks DHCP again. It tells that it is iPXE (option 175, user class iPXE), and is told of boot.ipxe.',
      `boot.ipxe leads to ${url('boot.ipxe')}, and asks again until that answers.`,
    ],
    packets: [
      'UDP 0.0.0.0:68 -> 255.255.255.255:67  DHCPDISCOVER of iPXE, and the answers as before',
      `UDP client:any -> ${host.address}:69  read request for boot.ipxe`,
      `TCP client:any -> ${webAddress(host)}  GET /boot.ipxe`,
    ],
    files: [tftp('boot.ipxe'), subject.http('boot.ipxe')],
    settings: [{ name: 'filename', value: 'boot.ipxe' }],
    stops,
  };
}

/** `192.0.2.1:80` of an URL. */
export function webAddress({ http }: HostFacts): string {
  const { hostname, port, protocol } = new URL(http.url);
  return `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
}
