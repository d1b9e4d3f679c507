/** Which package of Debian has a program that a target host needs. */
import { posix } from 'node:path';

const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  coreutils: ['sha256sum', 'dd', 'stat', 'cut', 'truncate', 'install', 'mv', 'cp', 'base64'],
  // Its program is in dnsmasq-base, what starts it here.
  dnsmasq: ['dnsmasq'],
  e2fsprogs: ['resize2fs', 'dumpe2fs', 'debugfs'],
  fdisk: ['sfdisk'],
  findutils: ['find', 'xargs'],
  grep: ['grep'],
  gzip: ['gzip'],
  lvm2: ['lvs', 'lvcreate', 'lvchange', 'lvextend', 'lvremove', 'lvrename'],
  openssl: ['openssl'],
  'perl-base': ['perl'],
  python3: ['python3'],
  sed: ['sed'],
  'targetcli-fb': ['targetcli'],
  tgt: ['tgtd', 'tgtadm', 'tgt-admin'],
  udev: ['udevadm'],
  'util-linux': ['flock', 'blockdev', 'setpriv'],
  'zfsutils-linux': ['zfs'],
  zstd: ['zstd'],
};
const OWNERS = new Map(
  Object.entries(PACKAGES).flatMap(([owner, programs]) =>
    programs.map((program) => [program, owner] as const),
  ),
);

/** How a program comes there, as the middle of a sentence. @param program its name, or its path */
export function installWords(program: string): string {
  const name = posix.basename(program);
  const owner = OWNERS.get(name);
  return owner === undefined
    ? `in Debian \`apt-file search bin/${name}\` tells its package`
    : `in Debian by \`apt-get install ${owner}\``;
}
