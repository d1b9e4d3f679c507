/** What is installed by dpkg, and Debian's names for what plays a role. */
import { softwareOf } from '../roles.js';
import { installedPackages } from './dpkg.js';
import { GENERATOR_NAMES } from './generator.js';
import { UBUNTU } from './ubuntu.js';

export const software = softwareOf(
  {
    kernel: { packages: ['linux-image-amd64', UBUNTU.kernel] },
    'initramfs-generator': { packages: GENERATOR_NAMES },
    zstd: { packages: ['zstd'] },
    gzip: { packages: ['gzip'] },
    xz: { packages: ['xz-utils'] },
    lz4: { packages: ['lz4'] },
    'ext4-check': { packages: ['e2fsprogs'] },
    initiator: { packages: ['open-iscsi'], unit: 'iscsid.service' },
    'late-logout': { packages: ['finalrd'] },
    // It brings multipath-tools.
    multipath: { packages: ['multipath-tools-boot'], unit: 'multipathd.service' },
    'ssh-server': { packages: ['openssh-server'], unit: 'ssh.service' },
    sudo: { packages: ['sudo', 'sudo-ldap'] },
    locales: { packages: ['locales'] },
    'time-zones': { packages: ['tzdata'] },
    'old-time-zones': { packages: ['tzdata-legacy'] },
    'time-client': { packages: ['systemd-timesyncd', 'chrony'] },
    cron: { packages: ['cron', 'cronie', 'systemd-cron'], unit: 'cron.service' },
    ifupdown: { packages: ['ifupdown'] },
    networkd: { packages: ['systemd'] },
    networkmanager: { packages: ['network-manager'] },
    netplan: { packages: ['netplan.io'] },
    dhcpcd: { packages: ['dhcpcd', 'dhcpcd5'] },
    'cloud-init': { packages: ['cloud-init'] },
    resolvconf: { packages: ['resolvconf', 'openresolv'] },
  },
  installedPackages,
);
