/** From power-on until iPXE runs its first script. */
import { posix } from 'node:path';
import { pxelinuxAddressName, pxelinuxMacName } from '../../artifacts/formats/pxelinux.js';
import { PC } from '../../artifacts/platform/pc.js';
import type { HostFacts } from '../site/facts.js';
import type { Link, Stop } from './link.js';
import { DHCP_PORTS, logs } from './power-on.js';
import type { Subject } from './subject.js';

const [BIOS, UEFI] = [PC.firmware.bios, PC.firmware.uefi].map(({ program }) =>
  posix.basename(program.path),
) as [string, string];

/** RFC 1350: the request goes to port 69, the data comes from another one. */
export function tftpLoad(subject: Subject): Link {
  const { host, tftp } = subject;
  return {
    name: 'tftp',
    title: 'TFTP: the firmware loads iPXE',
    says: [
      `A BIOS loads ${BIOS}, which drives the card through its ROM; a UEFI loads ${UEFI}, which drives it through the firmware.`,
      ...pxelinux(subject),
    ],
    packets: [
      `UDP client:any -> ${host.address}:69  read request for the boot file`,
      `UDP ${host.address}:any -> client:any  its blocks, each acknowledged`,
    ],
    files: [tftp(BIOS), tftp(UEFI)],
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
    `Where the network’s DHCP server hands out PXELINUX (BIOS): it reads ${names.map((name) => tftp(`pxelinux.cfg/${name}`)).join(', else ')}, and loads ${posix.basename(PC.pxelinuxProgram.path)} with boot.ipxe; go on at the next link.`,
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
