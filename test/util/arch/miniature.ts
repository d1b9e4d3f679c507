/**
 * A miniature Arch Linux: repositories in Arch's formats, names and layout, of which a machine can be installed that boots
 * over iSCSI. No mirror of Arch can be asked by tests, so that the programs come from Debian 12; what is Arch's own way
 * (users, units, PAM, mkinitcpio) stands in files/ and is written for these tests. Of Arch's own packages it proves nothing.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { shared } from '../shared.js';
import { type Deb, fetchDebs } from './debs.js';
import { toArchLayout } from './layout.js';
import { makePackage, type PackageAbout } from './make-package.js';
import { makeDatabase, makeKey, signFile, type TestKey } from './repository.js';

/** What the packages are made of, with all that it depends on. */
const DEBS = [
  ...[
    'libc6',
    'libc-bin',
    'bash',
    'coreutils',
    'diffutils',
    'findutils',
    'gawk',
    'grep',
    'gzip',
    'sed',
    'tar',
  ],
  ...[
    'cpio',
    'xz-utils',
    'zstd',
    'util-linux',
    'mount',
    'login',
    'passwd',
    'libpam-modules',
    'libpam-runtime',
  ],
  ...[
    'systemd',
    'systemd-sysv',
    'udev',
    'libpam-systemd',
    'dbus',
    'kmod',
    'procps',
    'hostname',
    'ncurses-base',
  ],
  ...['iproute2', 'iputils-ping', 'netbase', 'open-iscsi', 'openssh-server', 'openssh-client', 'e2fsprogs'],
  ...['klibc-utils', 'busybox-static', 'linux-image-cloud-amd64', 'grub-common', 'grub-pc-bin'],
  ...['grub-efi-amd64-bin', 'locales'],
];

/** Debian's own, of which Arch has nothing; by source. */
const LEFT_OUT = new Set([
  ...['adduser', 'base-files', 'debconf', 'debianutils', 'dh-runit', 'dpkg', 'init-system-helpers'],
  ...[
    'initramfs-tools',
    'libfile-find-rule-perl',
    'libnumber-compare-perl',
    'libtext-glob-perl',
    'linux-base',
  ],
  ...['lsb', 'perl', 'sensible-utils', 'sysvinit', 'ucf', 'usrmerge'],
]);

/** Arch's names of packages, by Debian's sources. */
const NAMES: Readonly<Record<string, string>> = {
  busybox: 'mkinitcpio-busybox',
  'gcc-12': 'gcc-libs',
  grub2: 'grub',
  hostname: 'inetutils',
  klibc: 'mkinitcpio-nfs-utils',
  libcap2: 'libcap',
  libzstd: 'zstd',
  'linux-signed-amd64': 'linux',
  netbase: 'iana-etc',
  procps: 'procps-ng',
  'xz-utils': 'xz',
};

const IN_EXTRA = new Set(['open-iscsi', 'grub']);

/** Dependencies that Debian's packages do not tell, and scriptlets; by Arch's name. */
const SAID: Readonly<Record<string, Partial<PackageAbout>>> = {
  glibc: { depends: ['filesystem'] },
  linux: { depends: ['coreutils', 'kmod', 'initramfs'] },
  systemd: {
    scriptlet: 'post_install() {\n  systemd-machine-id-setup\n  journalctl --update-catalog\n}\n',
    backup: ['etc/systemd/journald.conf'],
  },
  'open-iscsi': { backup: ['etc/iscsi/iscsid.conf'] },
};

const BASE = [
  ...['filesystem', 'glibc', 'bash', 'coreutils', 'dbus', 'e2fsprogs', 'findutils', 'gawk', 'grep', 'gzip'],
  ...['iana-etc', 'inetutils', 'iproute2', 'iputils', 'kmod', 'ncurses', 'pam', 'procps-ng', 'sed', 'shadow'],
  ...['systemd', 'tar', 'util-linux', 'xz', 'zstd'],
];

/** Packages that are not made of Debian's. */
const OWN: readonly PackageAbout[] = [
  { name: 'filesystem', version: '2026.01.01-1', backup: ['etc/passwd', 'etc/group', 'etc/shadow'] },
  { name: 'base', version: '3-2', depends: BASE },
  {
    name: 'mkinitcpio',
    version: '41-1',
    provides: ['initramfs'],
    depends: [
      ...['bash', 'coreutils', 'cpio', 'findutils', 'gawk', 'grep', 'kmod', 'mkinitcpio-busybox'],
      ...['sed', 'systemd', 'util-linux', 'zstd'],
    ],
  },
  { name: 'kbd', version: '2.7-1' },
  { name: 'nano-syntax', version: '1-1', groups: ['editors'] },
  { name: 'vi-compat', version: '1-1', groups: ['editors'], depends: ['nano-syntax'] },
];

export interface Miniature {
  /** Folder of the repositories: `$repo/os/$arch` below it. */
  readonly folder: string;
  readonly key: TestKey;
}

/** Made once in a run. */
export async function miniature(): Promise<Miniature> {
  return miniatureIn(await shared('arch-miniature', makeMiniature));
}

function miniatureIn(folder: string): Miniature {
  const home = join(folder, 'key');
  return { folder: join(folder, 'repositories'), key: { home, keyring: `${home}.gpg` } };
}

async function makeMiniature(folder: string): Promise<void> {
  const [key, debs] = await Promise.all([makeKey(join(folder, 'key')), fetchDebs(DEBS, join(folder, 'apt'))]);
  const groups = groupDebs(debs);
  const linux = groups.get('linux') ?? [];
  const packages = [
    ...[...groups].map(([name, members]) => ({ about: aboutOf(name, members, groups), members })),
    // The same kernel by another name, which is what differs for us.
    { about: { ...aboutOf('linux', linux, groups), name: 'linux-lts' }, members: linux },
    ...OWN.map((about) => ({ about, members: [] })),
  ];
  for (const { about, members } of packages) {
    const { name } = about;
    const tree = join(folder, 'work', name);
    await mkdir(tree, { recursive: true });
    for (const { file } of members) await execa('dpkg-deb', ['--extract', file, tree]);
    await toArchLayout(tree);
    if (existsSync(new URL(`files/${name}`, import.meta.url)))
      await cp(new URL(`files/${name}`, import.meta.url), tree, { recursive: true, force: true });
    await OTHERWISE[name]?.(tree);
    const repository = join(folder, 'repositories', IN_EXTRA.has(name) ? 'extra' : 'core', 'os/x86_64');
    await signFile(key, await makePackage(about, tree, repository));
    await rm(tree, { recursive: true });
  }
  for (const name of ['core', 'extra'])
    await makeDatabase(join(folder, 'repositories', name, 'os/x86_64'), name, { databaseKey: key });
  await rm(join(folder, 'apt'), { recursive: true });
}

/** By Arch's name: all that Debian makes of one source. */
function groupDebs(debs: readonly Deb[]): Map<string, Deb[]> {
  const groups = new Map<string, Deb[]>();
  for (const deb of debs) {
    if (LEFT_OUT.has(deb.source)) continue;
    const name = NAMES[deb.source] ?? deb.source;
    groups.set(name, [...(groups.get(name) ?? []), deb]);
  }
  return groups;
}

function aboutOf(
  name: string,
  members: readonly Deb[],
  groups: ReadonlyMap<string, readonly Deb[]>,
): PackageAbout {
  const groupOf = (deb: string) =>
    [...groups].find(([, each]) => each.some((member) => member.name === deb))?.[0];
  const found = members.flatMap(({ depends }) => depends.map(groupOf));
  const depends = new Set(found.filter((each) => each !== undefined && each !== name) as string[]);
  const said = SAID[name] ?? {};
  const [, epoch = '', version = '1'] = /^(?:(\d+:))?(.*)$/.exec(members[0]?.version ?? '1') ?? [];
  return {
    name,
    version: `${epoch}${version.replaceAll(/[^A-Za-z0-9.+_]/g, '_')}-1`,
    arch: 'x86_64',
    ...said,
    depends: [...new Set([...(said.depends ?? []), ...depends])].sort(),
  };
}

async function placeKernel(tree: string, name: string): Promise<void> {
  const modules = join(tree, 'usr/lib/modules');
  const [version = ''] = await readdir(modules);
  await rename(join(tree, 'boot', `vmlinuz-${version}`), join(modules, version, 'vmlinuz'));
  await writeFile(join(modules, version, 'pkgbase'), `${name}\n`);
  await rm(join(tree, 'boot'), { recursive: true });
}

/** What is otherwise in Arch, by package. */
const OTHERWISE: Readonly<Record<string, (tree: string) => Promise<void>>> = {
  bash: (tree) => symlink('bash', join(tree, 'usr/bin/sh')),
  filesystem: async (tree) => {
    await execa('sh', ['-euc', LAYOUT], { cwd: tree });
  },
  gawk: (tree) => symlink('gawk', join(tree, 'usr/bin/awk')),
  linux: (tree) => placeKernel(tree, 'linux'),
  'linux-lts': (tree) => placeKernel(tree, 'linux-lts'),
  'mkinitcpio-busybox': async (tree) => {
    await mkdir(join(tree, 'usr/lib/initcpio'), { recursive: true });
    await rename(join(tree, 'usr/bin/busybox'), join(tree, 'usr/lib/initcpio/busybox'));
    await rm(join(tree, 'usr/bin'), { recursive: true });
  },
  'mkinitcpio-nfs-utils': async (tree) => {
    await mkdir(join(tree, 'usr/lib/initcpio'), { recursive: true });
    await rename(join(tree, 'usr/lib/klibc/bin/ipconfig'), join(tree, 'usr/lib/initcpio/ipconfig'));
    await rm(join(tree, 'usr/lib/klibc'), { recursive: true });
  },
  openssh: (tree) => rm(join(tree, 'usr/lib/systemd/system/ssh.service'), { force: true }),
  'open-iscsi': async (tree) => {
    for (const path of ['usr/lib/open-iscsi', 'usr/lib/systemd/system/open-iscsi.service', 'usr/lib/udev'])
      await rm(join(tree, path), { recursive: true, force: true });
  },
};

const LAYOUT = `
mkdir -p boot dev etc home mnt opt proc root run srv sys tmp usr/bin usr/lib usr/local usr/share
mkdir -p var/cache var/lib var/log var/spool var/tmp
chmod 1777 tmp var/tmp
chmod 0750 root
chmod 0600 etc/shadow etc/gshadow
ln -s usr/bin bin
ln -s usr/bin sbin
ln -s usr/lib lib
ln -s usr/lib lib64
ln -s bin usr/sbin
ln -s lib usr/lib64
ln -s . usr/lib/x86_64-linux-gnu
ln -s ../run var/run
ln -s ../usr/lib/os-release etc/os-release
ln -s ../proc/self/mounts etc/mtab
`;
