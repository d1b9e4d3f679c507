/** What is installed by pacman, and Arch's names for what plays a role. */
import { softwareOf } from '../roles.js';
import { installedPackages } from './pacman/local.js';

export const software = softwareOf(
  {
    kernel: { packages: ['linux', 'linux-lts', 'linux-zen', 'linux-hardened'] },
    'initramfs-generator': { packages: ['mkinitcpio'] },
    zstd: { packages: ['zstd'] },
    gzip: { packages: ['gzip'] },
    xz: { packages: ['xz'] },
    lz4: { packages: ['lz4'] },
    'ext4-check': { packages: ['e2fsprogs'] },
    initiator: { packages: ['open-iscsi'], unit: 'iscsid.service' },
    'ssh-server': { packages: ['openssh'], unit: 'sshd.service' },
    sudo: { packages: ['sudo'] },
    locales: { packages: ['glibc'] },
    'time-zones': { packages: ['tzdata'] },
    'time-client': { packages: ['systemd'] },
    cron: { packages: ['cronie'], unit: 'cronie.service' },
    networkd: { packages: ['systemd'] },
    networkmanager: { packages: ['networkmanager'] },
    netplan: { packages: ['netplan'] },
    dhcpcd: { packages: ['dhcpcd'] },
    'cloud-init': { packages: ['cloud-init'] },
  },
  installedPackages,
);
