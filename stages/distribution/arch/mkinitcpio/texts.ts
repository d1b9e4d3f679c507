/** What mkinitcpio(8) is told. */
import { kernelModule, lacking, type Part } from '../../needed-parts.js';
import { OVERLAY_MODULE } from '../../overlay-root.js';
import type { InitramfsWishes } from '../../topics.js';

/**
 * In this order: `net` after the drivers, `iscsi` after `net`. `autodetect` would ask the build host for its hardware. This is
 * the initramfs of busybox; that of systemd runs no hooks of this kind.
 */
const HOOKS = ['base', 'udev', 'modconf', 'keyboard', 'block', 'net', 'iscsi', 'filesystems', 'fsck'];

/** A drop-in of /etc/mkinitcpio.conf.d. */
export function configurationText({
  compression,
  level,
  modules,
  overlay,
}: Omit<InitramfsWishes, 'rootFilesystem'>): string {
  const names = modules.map((each) => each.split(' ')[0]);
  return [
    '# Written by lunsmith: a root on iSCSI.',
    `HOOKS=(${[...HOOKS, ...(overlay ? ['overlay'] : []), 'client'].join(' ')})`,
    ...(names.length === 0 ? [] : [`MODULES+=(${names.join(' ')})`]),
    `COMPRESSION="${compression}"`,
    ...(level === undefined ? [] : [`COMPRESSION_OPTIONS=(-${level})`]),
    '',
  ].join('\n');
}

/** Whether a configuration file puts other hooks in the place of those before it. */
export function setsHooks(text: string): boolean {
  return /^\s*HOOKS=/m.test(text);
}

/** By which `mkinitcpio -P`, and an upgrade of the kernel in the booted system, make the image anew. @param base the kernel's package */
export function presetText(base: string): string {
  return [
    '# Written by lunsmith.',
    `ALL_kver="/boot/vmlinuz-${base}"`,
    "PRESETS=('default')",
    `default_image="/boot/initramfs-${base}.img"`,
    '',
  ].join('\n');
}

/** What the initramfs of a root on iSCSI cannot be without. */
const NEEDED: readonly Part[] = [
  { what: 'the program iscsistart', path: /^(?:usr\/)?s?bin\/iscsistart$/ },
  { what: 'the program ipconfig', path: /^(?:usr\/)?bin\/ipconfig$/ },
  kernelModule('iscsi_tcp'),
  kernelModule('iscsi_ibft'),
  { what: 'the hook net', path: /^hooks\/net$/ },
  { what: 'the hook iscsi', path: /^hooks\/iscsi$/ },
  { what: 'the hook client', path: /^hooks\/client$/ },
  { what: 'the file etc/iscsi.initramfs', path: /^etc\/iscsi\.initramfs$/ },
];

/**
 * What of it is missing from a listing by lsinitcpio(1).
 * @param builtin text of the kernel's modules.builtin
 * @param overlay whether it puts an overlay in the place of the root
 */
export function missingParts(
  listing: readonly string[],
  { builtin, overlay }: { readonly builtin: string; readonly overlay: boolean },
): string[] {
  const needed = overlay ? [...NEEDED, OVERLAY_MODULE] : NEEDED;
  return lacking(
    needed,
    listing.map((entry) => entry.replace(/^\.?\//, '')),
    builtin,
  );
}
