/** What initramfs-tools is told, see initramfs.conf(5). */

import { kernelModule, lacking, type Part } from '../../needed-parts.js';
import { OVERLAY_MODULE } from '../../overlay-root.js';
import type { InitramfsWishes } from '../../topics.js';
import { VLAN_PARTS } from '../vlan.js';

/**
 * A drop-in of /etc/initramfs-tools/conf.d. `MODULES=dep` would ask the build host for its hardware. `RESUME` would be
 * the build host's swap, and one cannot resume from a disk that the network brings. `FSTYPE` puts the right fsck into
 * the initramfs without a look at the root device, which does not exist yet.
 */
export function initramfsConf({
  compression,
  level,
  rootFilesystem,
}: Omit<InitramfsWishes, 'modules' | 'overlay'>): string {
  return [
    'MODULES=most',
    `COMPRESS=${compression}`,
    ...(level === undefined ? [] : [`COMPRESSLEVEL=${level}`]),
    `FSTYPE=${rootFilesystem}`,
    'RESUME=none',
    '',
  ].join('\n');
}

/** /etc/initramfs-tools/modules with more modules at its end, each once. */
export function addModules(text: string, modules: readonly string[]): string {
  const present = new Set(text.split('\n').map((line) => line.trim()));
  const added = modules.filter((module) => !present.has(module));
  const head = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return head + added.map((module) => `${module}\n`).join('');
}

/** kernel-img.conf(5) with its links in /boot or, else, in the root. */
export function linksIn(folder: '/' | '/boot', text: string): string {
  const others = text
    .split('\n')
    .filter((line) => line !== '' && !/^\s*(?:link_in_boot|image_dest)\s*=/i.test(line));
  return [...others, `link_in_boot = ${folder === '/boot' ? 'yes' : 'no'}`, ''].join('\n');
}

/** What the initramfs of a root on iSCSI cannot be without. */
const NEEDED: readonly Part[] = [
  { what: 'the program iscsistart', path: /^(?:usr\/)?sbin\/iscsistart$/ },
  kernelModule('iscsi_tcp'),
  { what: 'the script scripts/local-top/iscsi', path: /^scripts\/local-top\/iscsi$/ },
  { what: 'the file etc/iscsi.initramfs', path: /^etc\/iscsi\.initramfs$/ },
  {
    what: 'the script scripts/local-bottom/lunsmith-client',
    path: /^scripts\/local-bottom\/lunsmith-client$/,
  },
];
/** By which it reads the iBFT; kernels of 32-bit ARM have none. */
const IBFT = kernelModule('iscsi_ibft');

export interface Asked {
  /** Text of the kernel's modules.builtin. */
  readonly builtin: string;
  /** Text of iscsi.initramfs, which says whether the iBFT is asked. */
  readonly settings: string;
  /** Whether it puts an overlay in the place of the root. */
  readonly overlay: boolean;
}

/** What of it is missing from a listing by lsinitramfs(8). @param vlan whether it makes a VLAN of the boot NIC */
export function missingParts(
  listing: readonly string[],
  { builtin, vlan = false, ...asked }: Asked & { readonly vlan?: boolean },
): string[] {
  return lacking([...NEEDED, ...neededFor(asked), ...(vlan ? VLAN_PARTS : [])], listing, builtin);
}

/** What not every initramfs needs. */
export function neededFor({ settings, overlay }: Omit<Asked, 'builtin'>): Part[] {
  return [...(/^ISCSI_AUTO=true$/m.test(settings) ? [IBFT] : []), ...(overlay ? [OVERLAY_MODULE] : [])];
}
