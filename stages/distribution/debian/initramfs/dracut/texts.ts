/** What dracut is told, see dracut.conf(5). */
import { kernelModule, lacking, type Part } from '../../../needed-parts.js';
import type { InitramfsWishes } from '../../../topics.js';
import { type Asked, neededFor } from '../texts.js';
import { MODULE } from './module.js';

/**
 * Its modules that would take the NIC, or look for a root in the network themselves. Without `network` those that need it are left out too, each
 * with a line of complaint; so they are named.
 */
const LEFT_OUT = [
  ...['network', 'network-legacy', 'network-manager', 'systemd-networkd', 'connman', 'ifcfg', 'url-lib'],
  ...['qemu-net', 'iscsi', 'nfs', 'nbd', 'cifs', 'fcoe', 'fcoe-uefi', 'ssh-client', 'nvmf'],
];

/** Arguments without which the kernel would not unpack it, or it would not be the same twice. */
const COMPRESSION: Readonly<Record<InitramfsWishes['compression'], (level: number | undefined) => string>> = {
  zstd: (level = 15) => `zstd -q -T0 -${level}`,
  gzip: (level = 9) => `gzip -n -${level}`,
  xz: (level = 6) => `xz --check=crc32 -T1 -${level}`,
  lz4: (level = 9) => `lz4 -l -${level}`,
};

/** A drop-in of /etc/dracut.conf.d. `hostonly` would ask the build host for its hardware. */
export function dracutConf({
  compression,
  level,
  modules,
}: Pick<InitramfsWishes, 'compression' | 'level' | 'modules'>): string {
  const names = modules.map((each) => each.split(' ')[0]);
  return [
    '# Written by lunsmith: a root on iSCSI.',
    'hostonly="no"',
    'reproducible="yes"',
    `compress="${COMPRESSION[compression](level)}"`,
    `add_dracutmodules+=" ${MODULE} "`,
    `omit_dracutmodules+=" ${LEFT_OUT.join(' ')} "`,
    ...(names.length === 0 ? [] : [`force_drivers+=" ${names.join(' ')} "`]),
    '',
  ].join('\n');
}

/** What the initramfs of a root on iSCSI cannot be without. */
const NEEDED: readonly Part[] = [
  { what: 'the program iscsistart', path: /^(?:usr\/)?s?bin\/iscsistart$/ },
  { what: 'the program ipconfig', path: /^(?:usr\/)?bin\/ipconfig$/ },
  kernelModule('iscsi_tcp'),
  { what: `the module ${MODULE}`, path: /^usr\/lib\/lunsmith\/iscsi$/ },
  { what: 'the file etc/iscsi.initramfs', path: /^etc\/iscsi\.initramfs$/ },
];

/** What of it is missing from the output of lsinitrd(1). */
export function missingParts(output: readonly string[], { builtin, settings, overlay }: Asked): string[] {
  // As `ls -l` has it: the ninth column.
  const listing = output.flatMap(
    (line) => /^[-bcdlps][-rwxsStT]{9}(?:\s+\S+){7}\s+(\S+)/.exec(line)?.[1] ?? [],
  );
  return lacking([...NEEDED, ...neededFor({ settings, overlay })], listing, builtin);
}
