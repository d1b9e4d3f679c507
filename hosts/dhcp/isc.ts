/**
 * A configuration of ISC's DHCP server (dhcpd.conf(5), dhcp-options(5), dhcp-eval(5)): the subnet's addresses, and what each
 * kind of client loads next. There is no root-path: it would name a release, and it takes an empty filename along, so
 * that no script is run; the name of the LUN comes with the client's script.
 */
import { PC, PC_FIRMWARE, type PcFirmware } from '../../artifacts/platform/pc.js';
import { BOOT_TEXT, MAC_PREFIXES } from '../../artifacts/platform/raspberry-pi/dhcp.js';
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import { Failure } from '../../base/failure.js';
import { type DnsmasqConfig, HTTP_CLIENT } from './dnsmasq.js';

/** The machines that a firmware's program suits. */
function suits(firmware: PcFirmware): string {
  return PC.firmware[firmware].dhcpArchitectures.map((number) => says('PXEClient', number)).join(' or ');
}

/** By what begins their vendor class (RFC 4578 section 3): every dhcpd knows that option. */
function says(client: string, architecture: number): string {
  const text = `${client}:Arch:${String(architecture).padStart(5, '0')}`;
  return `substring(option vendor-class-identifier, 0, ${text.length}) = "${text}"`;
}

export interface DhcpdConfig {
  /** Address of the network. */
  readonly subnet: string;
  readonly netmask: string;
  /** Pool for unknown clients; absent: none but the fixed addresses of `hosts`. */
  readonly range?: { readonly first: string; readonly last: string };
  readonly router?: string;
  readonly dns: readonly string[];
  readonly hosts: readonly { readonly mac: string; readonly address: string; readonly name: string }[];
  /** As for dnsmasq: paths below the TFTP root. */
  readonly boot: DnsmasqConfig['boot'];
  /** As for dnsmasq. */
  readonly raspberryPis?: readonly string[];
  /** Address of the TFTP server. */
  readonly nextServer: string;
}

/**
 * The text of dhcpd.conf for a dhcpd of our own. iPXE tells itself by its user class (ipxe.org/howto/dhcpd). gPXE, whose user class is
 * another and which takes no iPXE script, is handed an iPXE as every plain PXE ROM is, by its architecture. A machine of another
 * architecture is handed no program.
 * @throws Failure of kind `usage` for a value that dhcpd would take for something else
 */
export function dhcpdConfig(config: DhcpdConfig): string {
  const { range, router, dns, hosts } = config;
  const lines = [
    'option space ipxe;',
    'option ipxe-encapsulated code 175 = encapsulate ipxe;',
    'option ipxe.no-pxedhcp code 176 = unsigned integer 8;',
    '',
    `subnet ${address(config.subnet)} netmask ${address(config.netmask)} {`,
    '  authoritative;',
    ...(range === undefined ? [] : [`  range ${address(range.first)} ${address(range.last)};`]),
    ...(router === undefined ? [] : [`  option routers ${address(router)};`]),
    ...(dns.length === 0 ? [] : [`  option domain-name-servers ${dns.map(address).join(', ')};`]),
    // No proxy DHCP server is to be waited for.
    ...bootStatements(config, ['option ipxe.no-pxedhcp 1;']).map((line) => `  ${line}`),
    '}',
    ...hosts.flatMap((host) => ['', ...reservation(host)]),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * Statements for the `subnet` declaration that a dhcpd.conf which is not ours has for the network: they hold for that network alone, and
 * declare nothing, for dhcpd takes no declaration of a subnet twice, nor that of an option anywhere but at the top.
 * @throws Failure of kind `usage` for a value that dhcpd would take for something else
 */
export function dhcpdInclude(config: Pick<DhcpdConfig, 'boot' | 'nextServer' | 'raspberryPis'>): string {
  return `${bootStatements(config).join('\n')}\n`;
}

/** @param forIpxe further statements for an iPXE */
function bootStatements(
  { boot, nextServer, raspberryPis }: Pick<DhcpdConfig, 'boot' | 'nextServer' | 'raspberryPis'>,
  forIpxe: readonly string[] = [],
): string[] {
  const file = (name: string) => [`  next-server ${address(nextServer)};`, `  filename "${path(name)}";`];
  return [
    ...(raspberryPis === undefined
      ? []
      : [
          `if ${isRaspberryPi(raspberryPis)} {`,
          ...file(RASPBERRY_PI.bootcode),
          '  option vendor-class-identifier "PXEClient";',
          `  option vendor-encapsulated-options "${BOOT_TEXT}";`,
        ]),
    `${raspberryPis === undefined ? '' : '} els'}if exists user-class and option user-class = "iPXE" {`,
    ...file(boot.ipxe),
    ...forIpxe.map((line) => `  ${line}`),
    ...PC_FIRMWARE.flatMap((firmware) => [`} elsif ${suits(firmware)} {`, ...file(boot[firmware])]),
    ...(boot.http === undefined
      ? []
      : [
          `} elsif ${PC.firmware.uefi.httpArchitectures.map((number) => says(HTTP_CLIENT, number)).join(' or ')} {`,
          `  option vendor-class-identifier "${HTTP_CLIENT}";`,
          `  filename "${url(boot.http)}";`,
        ]),
    '}',
  ];
}

/** The ROM of one says what that of a PC says: only its MAC address tells it. */
function isRaspberryPi(clients: readonly string[]): string {
  const cards = [
    ...MAC_PREFIXES.map((prefix) => `substring(hardware, 1, 3) = ${prefix}`),
    ...clients.map((mac) => `hardware = 1:${macAddress(mac)}`),
  ];
  return `substring(option vendor-class-identifier, 0, 9) = "PXEClient" and (${cards.join(' or ')})`;
}

function macAddress(value: string): string {
  return fit(value, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'a MAC address, lower case with colons');
}

function reservation({ name, mac, address: fixed }: DhcpdConfig['hosts'][number]): string[] {
  return [
    `host ${fit(name, /^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a name of letters, digits, dots, dashes and underscores')} {`,
    `  hardware ethernet ${macAddress(mac)};`,
    `  fixed-address ${address(fixed)};`,
    `  option host-name "${name}";`,
    '}',
  ];
}

function address(value: string): string {
  return fit(value, /^(\d{1,3}\.){3}\d{1,3}$/, 'an IPv4 address');
}

function path(value: string): string {
  return fit(
    value,
    /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/,
    'a path or URL of letters, digits and `.`, `_`, `-`, `:`, `/`',
  );
}

/** All that a URL may hold but quotes, which it has encoded (RFC 3986, appendix A). */
function url(value: string): string {
  return fit(value, /^[A-Za-z0-9._:/~%!$&'()*+,;=@?[\]-]+$/, 'a URL');
}

function fit(value: string, pattern: RegExp, expected: string): string {
  if (pattern.test(value)) return value;
  throw new Failure('usage', {
    what: 'This value cannot stand in the configuration of dhcpd.',
    expected,
    found: JSON.stringify(value),
  });
}
