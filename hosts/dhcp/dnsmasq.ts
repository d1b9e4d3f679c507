/**
 * A configuration of dnsmasq (dnsmasq(8)) that boots clients from the network: a plain PXE ROM is handed an iPXE that
 * suits its firmware, and iPXE, which tells itself by its user class, is handed a script.
 */
import { PC, PC_FIRMWARE } from '../../artifacts/platform/pc.js';
import { BOOT_TEXT, MAC_PREFIXES } from '../../artifacts/platform/raspberry-pi/dhcp.js';
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import { Failure } from '../../base/failure.js';
import type { DhcpKind } from '../site/facts.js';

export interface DnsmasqConfig {
  /** The network interface it serves; no other. */
  readonly interface: string;
  readonly range: Extract<DhcpKind, { readonly kind: 'dnsmasq' }>['range'];
  /** Clients with an address of their own; dnsmasq finds them by MAC. */
  readonly hosts?: readonly { readonly mac: string; readonly address: string; readonly name?: string }[];
  /**
   * What each kind of client loads next: a path below the TFTP root, or for iPXE also a URL; `http`: the URL for a UEFI that boots by HTTP,
   * absent: it is told none.
   */
  readonly boot: {
    readonly bios: string;
    readonly uefi: string;
    readonly ipxe: string;
    readonly http?: string;
  };
  /** MAC addresses of clients that are Raspberry Pis; others are known by their maker. Absent: there are none. */
  readonly raspberryPis?: readonly string[];
  /** Absolute path of the folder that TFTP serves. */
  readonly tftpRoot: string;
  /** Clients are told of no router but this one, and of no DNS server but these. */
  readonly network: { readonly router: string | undefined; readonly dns: readonly string[] };
}

/** What clients say of themselves by DHCP, and the firmware that it means. */
const ARCHITECTURES = PC_FIRMWARE.flatMap((firmware) =>
  PC.firmware[firmware].dhcpArchitectures.map((number) => [firmware, number] as const),
);

const HTTP = 'http';

/** A UEFI takes only the offer of who names himself an HTTP boot server too (UEFI specification 2.10, 24.7.3.1). */
function httpOffer(tags: string, own: string, url: string | undefined): string[] {
  if (url === undefined) return [];
  const tag = `${own}${HTTP}`;
  return [
    ...PC.firmware.uefi.httpArchitectures.map(
      (number) => `dhcp-match=set:${tag},option:client-arch,${number}`,
    ),
    `dhcp-option-force=${tags},tag:${tag},60,${HTTP_CLIENT}`,
    // A value ends at a comma.
    `dhcp-boot=${tags},tag:${tag},${plain(url.replaceAll(',', '%2C'))}`,
  ];
}

/** dnsmasq beside the DHCP server that the network has. */
export interface DnsmasqProxyConfig
  extends Pick<DnsmasqConfig, 'interface' | 'boot' | 'raspberryPis' | 'tftpRoot'> {
  /** Address of the network, e.g. `192.0.2.0`. */
  readonly network: string;
}

/**
 * The text of dnsmasq.conf. dnsmasq is the only DHCP server of the network and no DNS server.
 * @throws Failure of kind `usage` for a value that dnsmasq would take for something else
 */
export function dnsmasqConfig(config: DnsmasqConfig): string {
  const { range, boot, hosts = [], network, raspberryPis } = config;
  const notPi = raspberryPis === undefined ? '' : `tag:!${PI},`;
  const lines = [
    ...general(config),
    'dhcp-authoritative',
    'log-dhcp',
    `dhcp-range=${plain(range.first)},${plain(range.last)},${plain(range.netmask)},${range.leaseSeconds}`,
    ...networkOptions(network),
    ...hosts.map(reservation),
    '',
    IS_IPXE,
    ...ARCHITECTURES.map(([tag, number]) => `dhcp-match=set:${tag},option:client-arch,${number}`),
    ...piTags(raspberryPis, PI),
    ...PC_FIRMWARE.map((tag) => `dhcp-boot=${notPi}tag:!ipxe,tag:${tag},${plain(boot[tag])}`),
    ...httpOffer('tag:!ipxe', '', boot.http),
    `dhcp-boot=tag:ipxe,${plain(boot.ipxe)}`,
    `dhcp-option=tag:ipxe,${NO_PXEDHCP}`,
    ...(raspberryPis === undefined ? [] : piOffer(`tag:${PI}`, RASPBERRY_PI.bootcode)),
    '',
    ...tftp(config),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * The text of dnsmasq.conf for a proxy DHCP server (PXE specification 2.1, section 2.2): it gives no address and no other option
 * away, it only tells PXE clients what to load.
 * @throws Failure of kind `usage` for a value that dnsmasq would take for something else
 */
export function dnsmasqProxyConfig(config: DnsmasqProxyConfig): string {
  const { boot, raspberryPis } = config;
  const notPi = raspberryPis === undefined ? '' : `tag:!${PI},`;
  const service = (tag: string, architecture: number, file: string) =>
    `pxe-service=${notPi}tag:${tag},${architecture},"Network boot",${plain(file)}`;
  const lines = [
    ...general(config),
    'log-dhcp',
    `dhcp-range=${plain(config.network)},proxy`,
    '',
    IS_IPXE,
    ...piTags(raspberryPis, PI),
    ...ARCHITECTURES.map(([firmware, number]) => service('!ipxe', number, boot[firmware])),
    ...ARCHITECTURES.map(([, number]) => service('ipxe', number, boot.ipxe)),
    ...(raspberryPis === undefined
      ? []
      : [
          `pxe-service=tag:${PI},0,"${BOOT_TEXT}"`,
          // A Pi 3B loses one of two replies that come at once: the network's own server is first.
          `dhcp-reply-delay=tag:${PI},1`,
        ]),
    '',
    ...tftp(config),
  ];
  return `${lines.join('\n')}\n`;
}

/** What is added to a dnsmasq that serves others too, and has a range for the network. */
export interface DnsmasqIncludeConfig
  extends Pick<DnsmasqConfig, 'interface' | 'hosts' | 'boot' | 'raspberryPis' | 'tftpRoot'> {
  /** Address of the TFTP server. */
  readonly server: string;
}

/**
 * Lines for the configuration of a dnsmasq that serves DNS, other networks, and other machines: each holds for one interface or one
 * client. dnsmasq sets a tag with the name of the interface that a request came by (dnsmasq(8), `--dhcp-range`); all tags that are
 * set here have names of our own. It does not switch TFTP on: `enable-tftp=INTERFACE` would switch it off elsewhere where the
 * configuration has a plain `enable-tftp`. There is none for a proxy: with a `pxe-service` dnsmasq answers PXE clients of all its
 * networks otherwise than before.
 * @throws Failure of kind `usage` for a value that dnsmasq would take for something else
 */
export function dnsmasqInclude(config: DnsmasqIncludeConfig): string {
  const { boot, hosts = [], server, raspberryPis } = config;
  const from = `tag:${plain(config.interface)}`;
  const ipxe = `${OURS}ipxe`;
  const pi = `${OURS}${PI}`;
  const notPi = raspberryPis === undefined ? '' : `,tag:!${pi}`;
  const file = (name: string) => `${plain(name)},,${plain(server)}`;
  const lines = [
    `dhcp-userclass=set:${ipxe},iPXE`,
    ...ARCHITECTURES.map(([tag, number]) => `dhcp-match=set:${OURS}${tag},option:client-arch,${number}`),
    ...PC_FIRMWARE.map(
      (tag) => `dhcp-boot=${from}${notPi},tag:!${ipxe},tag:${OURS}${tag},${file(boot[tag])}`,
    ),
    ...httpOffer(`${from},tag:!${ipxe}`, OURS, boot.http),
    `dhcp-boot=${from},tag:${ipxe},${file(boot.ipxe)}`,
    `dhcp-option=${from},tag:${ipxe},${NO_PXEDHCP}`,
    ...piTags(raspberryPis, pi),
    ...(raspberryPis === undefined ? [] : piOffer(`${from},tag:${pi}`, file(RASPBERRY_PI.bootcode))),
    ...hosts.map(reservation),
    `tftp-root=${path(config.tftpRoot)},${plain(config.interface)}`,
  ];
  return `${lines.join('\n')}\n`;
}

const PI = 'pi';

/** A Raspberry Pi says of itself what the ROM of a PC says: only its MAC address tells it. */
function piTags(clients: readonly string[] | undefined, tag: string): string[] {
  if (clients === undefined) return [];
  const makers = MAC_PREFIXES.map((prefix) => `${prefix}:*:*:*`);
  return [...makers, ...clients].map((mac) => `dhcp-mac=set:${tag},${plain(mac)}`);
}

/** Its ROM looks for its text in option 43, and names no file: it knows the names. */
function piOffer(tags: string, boot: string): string[] {
  return [
    `dhcp-boot=${tags},${boot}`,
    `dhcp-option=${tags},option:vendor-class,PXEClient`,
    `dhcp-option=${tags},43,"${BOOT_TEXT}"`,
  ];
}

/** Prefix of our tags in the configuration of a server that is not ours. */
const OURS = 'lunsmith-';
/** Vendor class of a UEFI that boots by HTTP, and of the server that serves it. */
export const HTTP_CLIENT = 'HTTPClient';
/** No proxy DHCP server is to be waited for: ipxe.org/howto/dhcpd, no-pxedhcp. */
const NO_PXEDHCP = 'encap:175,176,1b';

/** Its user class (ipxe.org/howto/dhcpd). gPXE sends option 175 too, but takes no iPXE script: it is as a plain PXE ROM. */
const IS_IPXE = 'dhcp-userclass=set:ipxe,iPXE';

function reservation({ mac, address, name }: NonNullable<DnsmasqConfig['hosts']>[number]): string {
  return `dhcp-host=${[mac, address, ...(name === undefined ? [] : [hostName(name)])].map(plain).join(',')}`;
}

function general(config: Pick<DnsmasqConfig, 'interface'>): string[] {
  return ['port=0', 'no-resolv', 'no-hosts', `interface=${plain(config.interface)}`, 'bind-interfaces', ''];
}

function tftp({ tftpRoot }: Pick<DnsmasqConfig, 'tftpRoot'>): string[] {
  return ['enable-tftp', `tftp-root=${path(tftpRoot)}`];
}

/** An option without a value is not sent, where dnsmasq would send its own address. */
function networkOptions({ router, dns }: DnsmasqConfig['network']): string[] {
  const option = (name: string, values: readonly string[]) =>
    `dhcp-option=${[`option:${name}`, ...values.map(plain)].join(',')}`;
  return [option('router', router === undefined ? [] : [router]), option('dns-server', dns)];
}

/**
 * The dot of an absolute name, which clients are not told: without it, `42` and `10m` were the time of a lease, `infinite` too, and
 * `ignore` would leave its client without any answer (dnsmasq(8), `--dhcp-host`).
 */
function hostName(name: string): string {
  return `${name}.`;
}

/** A value that ends at a comma or a space, and whose `#` begins a comment. */
function plain(value: string): string {
  return fit(value, /^[^\s,"#\\]+$/, 'text without spaces, commas, quotes, `#` and backslashes');
}

/** An option's whole value, which may hold a comma, but is trimmed and unquoted. */
function path(value: string): string {
  return fit(value, /^\/[^\p{Cc}"#\\]*(?<! )$/u, 'an absolute path without quotes, `#` and backslashes');
}

function fit(value: string, pattern: RegExp, expected: string): string {
  if (pattern.test(value)) return value;
  throw new Failure('usage', {
    what: 'This value cannot stand in the configuration of dnsmasq.',
    expected,
    found: JSON.stringify(value),
  });
}
