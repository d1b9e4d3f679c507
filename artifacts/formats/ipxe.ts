/**
 * iPXE scripts (ipxe.org/scripting). A release holds two that know no client: they expect settings, which a small
 * script for one client makes before it chains to them. All work with the iPXE of Debian 12 (January 2019) and later.
 */
import { Failure } from '../../base/failure.js';

const WAIT_SECONDS = 5;
/** iPXE's own name of the initramfs, whatever its file is called. */
const INITRAMFS = 'initrd.img';

/** `iscsi:SERVER:PROTOCOL:PORT:LUN:TARGET` (RFC 4173): the protocol stays empty, the LUN is hexadecimal. */
export function sanUri(options: {
  readonly server: string;
  readonly port?: number;
  readonly lun: number;
  readonly target: string;
}): string {
  const { server, port, lun, target } = options;
  return `iscsi:${server}::${port ?? ''}:${lun.toString(16)}:${target}`;
}

/**
 * The release's script that boots the LUN as a disk.
 * @param efiBootFile of the ESP, which a UEFI finds without an NVRAM entry: `EFI/BOOT/BOOTX64.EFI`
 * @param uris of the LUN by all its paths, for a script of one client; absent: whoever chains to it sets `san-uri`. iPXE takes a setting
 *   for one word, so that several cannot stand in it
 * @param before commands that these need
 */
export function sanbootScript(
  efiBootFile: string,
  uris: readonly string[] = [],
  before: readonly string[] = [],
): string {
  const uri = uris.length === 0 ? '${san-uri}' : uris.join(' ');
  return ipxeScript([
    ...(uris.length === 0
      ? [
          '# Boots the LUN of this release over iSCSI. It belongs to no client; whoever chains to it sets:',
          '#   san-uri        iscsi:SERVER::PORT:LUN:TARGET, the LUN in hexadecimal',
        ]
      : ['# Boots the LUN of one client by all its paths. Whoever chains to it sets:']),
    '#   initiator-iqn  the name by which the target knows the client',
    '#   username, password  its CHAP account',
    '#   boot-tries     attempts before it gives up (unset: it never does)',
    ...(uris.length === 0 ? required('san-uri') : []),
    ...before,
    ...retrying('SAN boot', [
      'iseq ${platform} efi && goto efi ||',
      `sanboot ${uri} && goto failed || goto failed`,
      ':efi',
      `sanboot --filename \\${efiBootFile.replaceAll('/', '\\')} ${uri} && goto failed || goto failed`,
    ]),
  ]);
}

/**
 * The release's script that loads kernel and initramfs itself. The small cpio comes
 * last, so that what it holds wins. `initrd=` names them for the kernel's EFI stub, which knows no other way with an iPXE
 * of 2019; elsewhere it has no effect.
 * @param commandLine kernel parameters without `ip=` and `BOOTIF=`, which follow from the client
 * @param uris of both files, relative to the script
 * @throws Failure of kind `recipe` for a parameter that iPXE would take for something else
 */
export function directScript(
  commandLine: readonly string[],
  uris: { readonly kernel: string; readonly initramfs: string },
): string {
  const parameters = commandLine.map(checkParameter).join(' ');
  return ipxeScript([
    '# Boots kernel and initramfs of this release; the root is on iSCSI. It belongs to no client; whoever chains to it sets:',
    "#   client-initrd  URI of the client's small cpio archive with /etc/iscsi.initramfs",
    '#   client-ip      what follows ip= on the kernel command line (unset: dhcp)',
    '#   boot-tries     attempts before it gives up (unset: it never does)',
    ...required('client-initrd'),
    'isset ${client-ip} || set client-ip dhcp',
    ...retrying('Direct boot', [
      'imgfree',
      `kernel ${uriWord(uris.kernel)} initrd=${INITRAMFS} initrd=client.img ${parameters} ip=\${client-ip} BOOTIF=01-\${netX/mac:hexhyp} || goto failed`,
      `initrd --name ${INITRAMFS} ${uriWord(uris.initramfs)} || goto failed`,
      'initrd --name client.img ${client-initrd} || goto failed',
      'boot || goto failed',
    ]),
  ]);
}

/**
 * The command that makes a setting. iPXE knows no quotes: it expands `${`, splits at white space, and takes `#`, `||`,
 * `&&`, `;` and a leading `-` for its own; so what is not plain is given as its bytes.
 */
export function setSetting(name: string, value: string): string {
  if (/^[A-Za-z0-9_.:/@=,+][A-Za-z0-9_.:/@=,+-]*$/.test(value)) return `set ${name} ${value}`;
  const bytes = [...Buffer.from(value)].map((byte) => byte.toString(16).padStart(2, '0'));
  return bytes.length === 0 ? `clear ${name}` : `set ${name}:hex ${bytes.join(':')}`;
}

/** A script of these commands and comments. */
export function ipxeScript(lines: readonly string[]): string {
  return `${['#!ipxe', ...lines].join('\n')}\n`;
}

function required(setting: string): string[] {
  return [`isset \${${setting}} || echo The setting ${setting} is missing.`, `isset \${${setting}} || exit`];
}

/** Tries until it works, or as often as the setting `boot-tries` says. */
function retrying(what: string, attempt: readonly string[]): string[] {
  return [
    'set boot-try:int32 1',
    ':try',
    `echo ${what}, attempt \${boot-try:int32}`,
    ...attempt,
    ':failed',
    `isset \${boot-tries} && iseq \${boot-try:int32} \${boot-tries} && goto over ||`,
    `echo ${what} failed, next attempt in ${WAIT_SECONDS} seconds`,
    'inc boot-try',
    `sleep ${WAIT_SECONDS}`,
    'goto try',
    ':over',
    `echo ${what} failed, giving up`,
    'exit',
  ];
}

/** A kernel parameter as one or more words that reach the kernel as they are. */
function checkParameter(parameter: string): string {
  const words = parameter.split(' ');
  const plain = words.every((word) => word !== '' && !/^(#|\|\||&&|;$)/.test(word));
  if (plain && !parameter.includes('${') && !/[\p{Cc}]/u.test(parameter)) return parameter;
  throw new Failure('recipe', {
    what: `The kernel parameter ${JSON.stringify(parameter)} cannot stand in an iPXE script.`,
    expected: 'text without control characters, `${`, double spaces and words such as `#`, `||` or `&&`',
  });
}

/**
 * A URI that stands in a script as one word.
 * @throws Failure of kind `usage` for one that does not
 */
export function uriWord(uri: string): string {
  if (/^[^\s#$][^\s$]*$/.test(uri)) return uri;
  throw new Failure('usage', {
    what: `The URI ${JSON.stringify(uri)} cannot stand in an iPXE script.`,
    expected: 'text without spaces and `$`',
    hint: 'Percent-encode it.',
  });
}
