/**
 * What people ask of a root on iSCSI and what is not built: `check` refuses it by its name, with the reason and what to do instead, wherever
 * a recipe or a site writes it. One row each; what is built loses its row.
 */
import type { Diagnostic } from '../../base/failure.js';

export interface NotBuilt {
  /** Keys, values and stages that mean it, in lower case with `-` for `_`. */
  readonly words: readonly string[];
  /** Kernel parameters that mean it: `key=value`. */
  readonly parameters?: RegExp;
  /** Packages that are of no use without it. */
  readonly packages?: RegExp;
  /** What is refused, and why. */
  readonly what: string;
  /** What to do instead. */
  readonly hint: string;
}

export type NotBuiltFinding = Pick<Diagnostic, 'what' | 'hint'>;

export const NOT_BUILT: readonly NotBuilt[] = [
  {
    words: [
      'lvm',
      'lvm2',
      'lvm2-member',
      'volume-group',
      'volume-groups',
      'logical-volume',
      'logical-volumes',
    ],
    parameters: /^(?:rd\.lvm(?:\.|=|$)|rd_lvm_|dolvm$)/,
    what: 'A root on LVM is not built: logical volumes are made by the device-mapper of the kernel, and a build has no devices.',
    hint: 'Use a partition of `type: linux`; one of `size: grow` is enlarged with its LUN. Thin volumes of the target host are `clone: { lvm: … }` of the site.',
  },
  {
    words: [
      'luks',
      'luks1',
      'luks2',
      'crypt',
      'crypto-luks',
      'dm-crypt',
      'cryptsetup',
      'encrypt',
      'encrypted',
      'encryption',
    ],
    parameters: /^(?:rd\.luks[.=]|luks[.=]|crypt(?:device|key|opts)=)/,
    packages: /^(?:cryptsetup-initramfs|clevis-initramfs|clevis-dracut)$/,
    what: 'An encrypted root (LUKS) is not built: all clients boot copies of one image, so one key would open every one of them.',
    hint: 'Encrypt on the target host what holds the LUNs, and on the network what it carries (IPsec, MACsec); or in the booted system a LUN of data.',
  },
  {
    words: ['sector-size', 'sectors', 'block-size', 'logical-block-size', 'logical-sector-size', '4kn'],
    what: 'The sectors of an image are of 512 bytes: a partition table holds for one size of sectors, and a BIOS starts from no other.',
    hint: 'Leave it out. A LUN in a file is offered with sectors of 512 bytes, whatever disk it lies on (4Kn too).',
  },
  {
    words: ['zfs', 'zpool', 'openzfs'],
    parameters: /^zfs=/,
    packages: /^(?:zfs-initramfs|zfs-dracut)$/,
    what: 'A root on ZFS is not built: a pool is filled by a kernel that mounts it, and Linux has no ZFS of its own.',
    hint: 'Use `filesystem: ext4`. Snapshots of LUNs on the target host are `clone: { zfs: … }` of the site.',
  },
  {
    words: ['f2fs'],
    what: 'A root on F2FS is not built: it is laid out for flash memory that the machine has itself, and a LUN is none.',
    hint: 'Use `filesystem: ext4`.',
  },
  {
    words: ['xfs'],
    what: 'A root on XFS is not built: mkfs.xfs of Debian 12 and 13 fills one without a mount from a list of files alone (-p), by which they lose times, hard links and extended attributes (capabilities); from a folder, and the same twice, only that of xfsprogs 6.18 does.',
    hint: 'Use `filesystem: ext4` or `btrfs`.',
  },
  {
    words: ['subvolume', 'subvolumes', 'subvol'],
    what: 'Subvolumes of Btrfs are not built: Debian 12 fills a file system without a mount as one tree (mkfs.btrfs --rootdir).',
    hint: 'Use `filesystem: btrfs` alone; the booted system may make subvolumes.',
  },
  {
    words: ['bond', 'bonds', 'bonding', 'team'],
    parameters: /^(?:rd\.)?(?:bond|team)=/,
    what: 'A bond of boot NICs is not built: iPXE boots by one NIC, and the iBFT that it leaves names that one.',
    hint: 'Use `multipath: true` of `iscsi-initiator` with a portal for each NIC: docs/multipath.md.',
  },
  {
    words: ['vlan', 'vlans', 'vlan-id'],
    parameters: /^(?:rd\.)?vlan=/,
    what: 'A VLAN of the boot NIC is told by the step `network` alone: an initramfs of Debian makes none for a parameter of the kernel.',
    hint: 'Use its `vlan: ID`, as docs/vlan.md says; or let the switch put the port of the machine into the VLAN without a tag.',
  },
  {
    words: ['mtu', 'jumbo', 'jumbo-frames'],
    what: 'Jumbo frames on the boot NIC are not built: one switch on the way that drops them lets a login succeed and the first large read hang, and with it the root.',
    hint: 'Leave it out. For LUNs of data, give another NIC its MTU by the network manager of the image; `interface` of `network` names the boot NIC.',
  },
  {
    words: ['ipv6', 'ip6', 'address6', 'portal6'],
    parameters: /^(?:ip6=|ip=(?:dhcp6|auto6|either6|\[))/,
    what: 'A root by IPv6 is not built: the iBFT in which iPXE hands the target on holds IPv4 addresses only.',
    hint: 'Give the portal an IPv4 address; the booted system may use IPv6 beside it.',
  },
  {
    words: ['dkms'],
    packages: /^(?:dkms|.+-dkms)$/,
    what: 'Modules built by DKMS are refused: each build makes a key of its own to sign them, so that no two images are the same, and every client would have its secret half and a compiler.',
    hint: 'Make a package of the module for this kernel (`dkms mkdeb`), and install that from a repository of yours.',
  },
];

/** Of a key, a value or a stage that is unknown. */
export function notBuiltWord(word: string): NotBuiltFinding | undefined {
  const plain = word.toLowerCase().replaceAll('_', '-');
  return finding(NOT_BUILT.find(({ words }) => words.includes(plain)));
}

/** Of a parameter of the kernel command line. */
export function notBuiltParameter(parameter: string): NotBuiltFinding | undefined {
  return finding(NOT_BUILT.find(({ parameters }) => parameters?.test(parameter) === true));
}

/** Of a package that a step installs, as {@link RegExp}s of names know it. */
export function notBuiltPackage(name: string): NotBuiltFinding | undefined {
  return finding(NOT_BUILT.find(({ packages }) => packages?.test(name) === true));
}

function finding(row: NotBuilt | undefined): NotBuiltFinding | undefined {
  return row === undefined ? undefined : { what: row.what, hint: row.hint };
}
