/** Files and command lines that the stages write, as they stand. */
import { describe, expect, it } from 'vitest';
import { CONFIG, metaData } from '../../stages/cloud-init.js';
import { debootstrapArgv, mmdebstrapArgv } from '../../stages/debootstrap/argv.js';
import { autoArgv, installArgv, updateArgv } from '../../stages/distribution/debian/apt/argv.js';
import { pinsText } from '../../stages/distribution/debian/apt/repositories.js';
import { iscsiInitramfsText } from '../../stages/distribution/debian/initiator.js';
import {
  addModules,
  initramfsConf,
  linksIn,
  missingParts,
} from '../../stages/distribution/debian/initramfs/texts.js';
import { keyboardText, localeGenLine } from '../../stages/distribution/debian/locale.js';
import { diskEntries, fstabText } from '../../stages/fstab.js';
import { hostsText } from '../../stages/hostname.js';
import { udevRule } from '../../stages/iscsi-initiator/disk-tuning.js';
import { editIscsidConf, sessionSettings } from '../../stages/iscsi-initiator/iscsid-conf.js';
import { resolvConfText, resolvedText } from '../../stages/network/dns.js';
import {
  dhcpcdText,
  ifupdownText,
  netplanText,
  networkdName,
  networkdPath,
  networkdText,
  networkManagerText,
  vlanNetworkdText,
} from '../../stages/network/managers.js';
import { scriptArgv } from '../../stages/run.js';
import { unitName } from '../../stages/services/units.js';
import { sysctlPath, sysctlText } from '../../stages/sysctl.js';
import { CHRONY, TIMESYNCD } from '../../stages/time-servers.js';
import {
  chpasswdInput,
  isPasswordHash,
  sudoersText,
  useraddArgv,
  usermodArgv,
} from '../../stages/users/argv.js';
import { parseKeys, sshdText } from '../../stages/users/ssh.js';
import { GPT_DISK, root } from '../artifacts/formats/disks.js';
import { failureOf } from '../artifacts/formats/tools.js';

const bootstrap = {
  architecture: 'amd64',
  suite: 'bookworm',
  variant: 'minbase',
  include: ['ca-certificates'],
  documentation: true,
  target: '/root-tree',
  archive: { folder: '/a place', suite: 'bookworm' },
} as const;

describe('bootstrap tools', () => {
  it('mmdebstrap gets the one archive as a line, and no network', () => {
    expect(mmdebstrapArgv(bootstrap)).toEqual([
      'mmdebstrap',
      '--verbose',
      '--mode=root',
      '--format=directory',
      '--architectures=amd64',
      '--variant=minbase',
      '--skip=chroot/mount/sys,output/dev,output/mknod,check/empty,check/qemu,cleanup/run',
      '--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr',
      '--aptopt=APT::Sandbox::User "root"',
      '--include=ca-certificates',
      'bookworm',
      '/root-tree',
      'deb [trusted=yes] copy:/a%20place bookworm main',
    ]);
  });

  it('mmdebstrap leaves documentation out when asked', () => {
    const argv = mmdebstrapArgv({ ...bootstrap, suite: 'trixie', include: [], documentation: false });
    expect(argv.slice(-8)).toEqual([
      '--aptopt=APT::Sandbox::User "root"',
      '--dpkgopt=path-exclude=/usr/share/doc/*',
      '--dpkgopt=path-include=/usr/share/doc/*/copyright',
      '--dpkgopt=path-exclude=/usr/share/man/*',
      '--dpkgopt=path-exclude=/usr/share/info/*',
      'trixie',
      '/root-tree',
      'deb [trusted=yes] copy:/a%20place bookworm main',
    ]);
    expect(argv.filter((each) => each.startsWith('--hook-dir'))).toEqual([]);
  });

  it('debootstrap gets the archive as a mirror', () => {
    expect(debootstrapArgv(bootstrap)).toEqual([
      'debootstrap',
      '--arch=amd64',
      '--variant=minbase',
      '--no-check-gpg',
      '--include=ca-certificates',
      'bookworm',
      '/root-tree',
      'file:///a%20place',
    ]);
    expect(debootstrapArgv({ ...bootstrap, variant: 'important', include: [] })).toEqual([
      'debootstrap',
      '--arch=amd64',
      '--no-check-gpg',
      'bookworm',
      '/root-tree',
      'file:///a%20place',
    ]);
  });
});

describe('apt', () => {
  const after = (argv: readonly string[], command: string) => argv.slice(argv.indexOf(command));
  it('installs without recommended packages, and removes nothing that was not named', () => {
    const argv = installArgv(['a', 'b=1'], [], { recommends: false });
    expect(argv.slice(0, 4)).toEqual([
      'apt-get',
      '--assume-yes',
      '-o',
      'DPkg::Path=/run/lunsmith/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ]);
    expect(after(argv, 'install')).toEqual([
      'install',
      '--no-install-recommends',
      '--no-remove',
      '--',
      'a',
      'b=1',
    ]);
  });
  it('removes what was named', () => {
    const argv = installArgv(['a'], ['b'], { recommends: true });
    expect(after(argv, 'install')).toEqual(['install', '--install-recommends', '--', 'a', 'b-']);
  });
  it('knows no archive but that of the step, and leaves no list in the tree', () => {
    const argv = updateArgv();
    expect(argv.slice(-2)).toEqual(['update', '--error-on=any']);
    expect(argv.filter((each) => each.startsWith('Dir::') && !each.endsWith('='))).toEqual([
      'Dir::Etc::SourceList=/run/lunsmith/packages/sources.list',
      'Dir::Etc::SourceParts=/dev/null',
      'Dir::State::Lists=/run/lunsmith/lists',
    ]);
  });
  it('marks what came as a dependency', () => {
    expect(after(autoArgv(['a', 'b']), 'auto')).toEqual(['auto', 'a', 'b']);
  });
});

describe('accounts', () => {
  it.each([
    [
      { name: 'alice', groups: [], shell: '/bin/sh' },
      ['useradd', '--create-home', '--user-group', '--shell=/bin/sh', 'alice'],
    ],
    [
      {
        name: 'bob',
        uid: 2000,
        groups: ['adm', 'video'],
        shell: '/bin/bash',
        home: '/srv/bob',
        comment: 'Bob B',
      },
      [
        'useradd',
        '--create-home',
        '--user-group',
        '--shell=/bin/bash',
        '--uid=2000',
        '--groups=adm,video',
        '--home-dir=/srv/bob',
        '--comment=Bob B',
        'bob',
      ],
    ],
  ])('%j', (user, argv) => {
    expect(useraddArgv(user)).toEqual(argv);
  });

  it.each([
    [{ groups: [] }, undefined],
    [{ groups: ['adm', 'gpio'] }, ['usermod', '--append', '--groups=adm,gpio', 'pi']],
    [{ groups: [], shell: '/bin/sh' }, ['usermod', '--shell=/bin/sh', 'pi']],
  ])('that are there keep what they have: %j', (user, argv) => {
    expect(usermodArgv({ name: 'pi', ...user })).toEqual(argv);
  });

  it.each([
    ['$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7', true],
    ['$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.', true],
    ['$1$salt$qJH7.N4xYta3aEG/dfqo/0', false],
    ['correct horse battery staple', false],
    ['$6$salt$abc:0:0', false],
    ['*', false],
  ])('%s is a hash: %s', (text, expected) => {
    expect(isPasswordHash(text)).toBe(expected);
  });

  it('are given to chpasswd and sudo', () => {
    const entries = [
      { name: 'root', hash: '*' },
      { name: 'a', hash: '$6$x$y' },
    ];
    expect(chpasswdInput(entries)).toBe('root:*\na:$6$x$y\n');
    expect(sudoersText('alice', 'nopasswd')).toBe('alice ALL=(ALL:ALL) NOPASSWD: ALL\n');
    expect(sudoersText('alice', 'password')).toBe('alice ALL=(ALL:ALL) ALL\n');
  });

  it('log in by the keys of a file', () => {
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample alice@example.org';
    expect(parseKeys(`# mine\n\n  ${key}\nno-pty ${key}\n`, 'keys')).toEqual([key, `no-pty ${key}`]);
  });
  it.each([
    ['-----BEGIN OPENSSH PRIVATE KEY-----\nx\n', 'keys/alice holds a private key.'],
    ['ssh-ed25519 AAAAC3 a\nhello\n', 'Line 2 of keys/alice is no public SSH key.'],
    ['# nothing\n', 'keys/alice holds no key.'],
  ])('%j is refused', (text, what) => {
    expect(failureOf(() => parseKeys(text, 'keys/alice')).diagnostics[0].what).toBe(what);
  });
  it('meet a careful sshd', () => {
    expect(sshdText({ permitRootLogin: 'prohibit-password', passwordAuthentication: false })).toBe(
      'PermitRootLogin prohibit-password\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitEmptyPasswords no\n',
    );
  });
});

describe('fstab', () => {
  it('has the disk by UUIDs, mount points before what is below them', () => {
    const entries = diskEntries(GPT_DISK, { mounts: {}, 'swap-options': ['nofail', '_netdev'] });
    const [esp, swap, root] = ['vfat', 'swap', 'ext4'].map(
      (type) => GPT_DISK.partitions.find(({ filesystem }) => filesystem === type)?.filesystemUuid,
    );
    expect(fstabText(entries)).toBe(
      `UUID=${root} / ext4 noatime,errors=remount-ro 0 1\n` +
        `UUID=${esp} /boot/efi vfat umask=0077,nofail,noatime 0 0\n` +
        `UUID=${swap} none swap sw,nofail,_netdev 0 0\n`,
    );
  });
  it('lets systemd enlarge a Btrfs that grows, whatever its options are', () => {
    const growing = { ...root, filesystem: 'btrfs', size: 'grow' } as const;
    const srv = { ...growing, mount: '/srv', size: { bytes: 1 }, filesystemUuid: 'b' } as const;
    const wishes = { mounts: { '/srv': ['compress=zstd'] }, 'swap-options': ['pri=1'] };
    const entries = (partitions: readonly (typeof growing | typeof srv)[]) =>
      fstabText(diskEntries({ ...GPT_DISK, partitions }, wishes));
    expect(entries([srv, growing])).toBe(
      `UUID=${root.filesystemUuid} / btrfs noatime,x-systemd.growfs 0 0\nUUID=b /srv btrfs compress=zstd 0 0\n`,
    );
    expect(entries([{ ...srv, size: 'grow' } as never])).toBe(
      'UUID=b /srv btrfs compress=zstd,x-systemd.growfs 0 0\n',
    );
  });
  it('takes other options', () => {
    const [first] = diskEntries(GPT_DISK, { mounts: { '/': ['ro'] }, 'swap-options': ['pri=1'] });
    expect(first?.options).toEqual(['ro']);
  });
  it('has no root under an overlay, and the rest of its disk read-only', () => {
    const partitions = [
      ...GPT_DISK.partitions.filter(({ type }) => type !== 'swap'),
      { ...root, name: 'srv', mount: '/srv', filesystemUuid: 'b' },
    ];
    const disk = { ...GPT_DISK, partitions, overlay: 'tmpfs' } as const;
    const esp = partitions.find(({ type }) => type === 'esp')?.filesystemUuid;
    const entries = diskEntries(disk, { mounts: { '/srv': ['rw', 'noatime'] }, 'swap-options': ['pri=1'] });
    expect(fstabText(entries)).toBe(
      `UUID=${esp} /boot/efi vfat ro,umask=0077,nofail,noatime 0 0\nUUID=b /srv ext4 ro,noatime 0 0\n`,
    );
  });
});

describe('names', () => {
  it.each([
    [undefined, ''],
    ['node', '127.0.1.1 node\n'],
    ['node.example.org', '127.0.1.1 node.example.org node\n'],
  ])('%s in /etc/hosts', (name, own) => {
    expect(hostsText(name, [{ address: '192.0.2.1', names: ['a', 'b'] }])).toBe(
      `127.0.0.1 localhost\n${own}::1 localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n192.0.2.1 a b\n`,
    );
  });
  it.each([
    ['de_DE.UTF-8', 'de_DE.UTF-8 UTF-8'],
    ['de_DE', 'de_DE ISO-8859-1'],
    ['de_DE@euro', 'de_DE@euro ISO-8859-15'],
    ['de_XX', undefined],
  ])('%s in locale.gen', (locale, line) => {
    const supported = 'de_DE.UTF-8 UTF-8\nde_DE ISO-8859-1\nde_DE@euro ISO-8859-15\n';
    expect(localeGenLine(locale, supported)).toBe(line);
  });
  it('a keyboard', () => {
    expect(keyboardText('de')).toContain('XKBLAYOUT="de"\n');
  });
});

describe('iscsid.conf', () => {
  const settings = { 'node.startup': 'manual', 'node.session.auth.authmethod': 'CHAP', 'x.new': '1' };
  it('keeps comments and places', () => {
    const text = [
      '# Startup',
      '# node.startup = automatic',
      'node.startup = automatic',
      '',
      '# To enable CHAP set',
      '#node.session.auth.authmethod = CHAP',
      'other = 1',
      '',
    ].join('\n');
    expect(editIscsidConf(text, settings)).toBe(
      [
        '# Startup',
        '# node.startup = automatic',
        'node.startup = manual',
        '',
        '# To enable CHAP set',
        'node.session.auth.authmethod = CHAP',
        'other = 1',
        'x.new = 1',
        '',
      ].join('\n'),
    );
  });
  it('sets once what stood twice, and nothing twice when done again', () => {
    const once = editIscsidConf('node.startup = a\nnode.startup=b\n', settings);
    expect(once.match(/node\.startup/g)).toHaveLength(1);
    expect(editIscsidConf(once, settings)).toBe(once);
    expect(editIscsidConf('', { a: '1' })).toBe('\na = 1\n');
  });
  it.each([
    [false, true, ['manual', 'CHAP', '86400', '0', '0']],
    [true, false, ['manual', 'None', '15', '5', '5']],
  ])('multipath %s, CHAP %s', (multipath, chap, values) => {
    expect(Object.values(sessionSettings({ multipath, chap }))).toEqual(values);
  });
});

describe('initiator', () => {
  it('names no target and no client', () => {
    expect(iscsiInitramfsText('ibft')).toBe(
      '# Target, initiator and secret come from the iSCSI Boot Firmware Table (iBFT).\nISCSI_AUTO=true\n',
    );
    expect(iscsiInitramfsText('cmdline')).toMatch(/^#.*\n$/);
  });
  it.each([
    [{ scsiTimeout: undefined, scheduler: 'keep' }, undefined],
    [{ scsiTimeout: 180, scheduler: 'none' }, ', ATTR{device/timeout}="180", ATTR{queue/scheduler}="none"\n'],
    [{ scsiTimeout: undefined, scheduler: 'none' }, ', ATTR{queue/scheduler}="none"\n'],
  ] as const)('tunes disks by %j', (tuning, end) => {
    const rule = udevRule(tuning);
    expect(rule?.slice(rule.indexOf('*-iscsi-*"') + '*-iscsi-*"'.length)).toBe(end);
  });
});

describe('network managers', () => {
  const any = { nic: undefined, renewLease: false };
  const named = { nic: 'eno1', renewLease: true };
  it('ifupdown', () => {
    expect(ifupdownText(any)).toBe('auto lo\niface lo inet loopback\n\nsource /etc/network/interfaces.d/*\n');
    expect(ifupdownText(named)).toBe(
      'auto lo\niface lo inet loopback\n\niface eno1 inet manual\nno-auto-down eno1\n\nsource /etc/network/interfaces.d/*\n',
    );
  });
  it('networkd', () => {
    expect(networkdText(any)).toBe(
      '[Match]\nType=ether\nKind=!*\n\n[Network]\nDHCP=no\nKeepConfiguration=yes\n',
    );
    expect(networkdText(named)).toBe(
      '[Match]\nName=eno1\n\n[Network]\nDHCP=ipv4\nKeepConfiguration=yes\n\n[DHCPv4]\nClientIdentifier=mac\nSendRelease=no\n',
    );
    expect([any, named].map((each) => networkdPath(networkdName(each)))).toEqual([
      '/etc/systemd/network/89-boot-nic.network',
      '/etc/systemd/network/05-boot-nic.network',
    ]);
  });
  it('NetworkManager', () => {
    expect(networkManagerText(any)).toBe('[keyfile]\nunmanaged-devices=type:ethernet\n');
    expect(networkManagerText(named)).toBe('[keyfile]\nunmanaged-devices=interface-name:eno1\n');
  });
  it('dhcpcd', () => {
    expect(dhcpcdText('', any)).toBe('denyinterfaces e*\n');
    expect(dhcpcdText('hostname', named)).toBe('hostname\ndenyinterfaces eno1\n');
  });
  it('netplan', () => {
    expect(netplanText(named)).toBe(
      'network:\n  version: 2\n  ethernets:\n    boot-nic:\n      match:\n        name: "eno1"\n      dhcp4: true\n      dhcp-identifier: mac\n      critical: true\n      optional: true\n',
    );
  });
  it('a VLAN of the boot NIC is left alone as the NIC is, and has the lease', () => {
    const kept = { ...any, vlan: 5 };
    const renewed = { ...named, vlan: 5 };
    expect(ifupdownText(kept)).toBe(ifupdownText(any));
    expect(ifupdownText(renewed)).toContain(
      '\niface eno1.5 inet manual\nno-auto-down eno1.5\n\niface vlan5 inet manual\nno-auto-down vlan5\n',
    );
    expect(networkdText(kept)).toBe(networkdText(any));
    expect(networkdText(renewed)).toBe(networkdText({ ...named, renewLease: false }));
    expect(vlanNetworkdText(kept, 5)).toBe(
      '[Match]\nName=*.5 vlan5\n\n[Network]\nDHCP=no\nKeepConfiguration=yes\n',
    );
    expect(vlanNetworkdText(renewed, 5)).toContain('Name=eno1.5 vlan5\n\n[Network]\nDHCP=ipv4\n');
    expect(networkManagerText(kept)).toBe(
      '[keyfile]\nunmanaged-devices=type:ethernet;interface-name:*.5;interface-name:vlan5\n',
    );
    expect(dhcpcdText('', renewed)).toBe('denyinterfaces eno1 eno1.5 vlan5\n');
    expect(netplanText(renewed)).toContain('dhcp4: false\n');
  });
  it('name servers', () => {
    const dns = { servers: ['192.0.2.53', '2001:db8::53'], search: ['example.org'] };
    expect(resolvConfText(dns)).toBe('search example.org\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n');
    expect(resolvedText(dns)).toBe('[Resolve]\nDNS=192.0.2.53 2001:db8::53\nDomains=example.org\n');
    expect(resolvConfText({ ...dns, search: [] })).not.toContain('search');
  });
});

describe('initramfs', () => {
  it('asks nothing of the build host', () => {
    expect(initramfsConf({ compression: 'zstd', level: undefined, rootFilesystem: 'ext4' })).toBe(
      'MODULES=most\nCOMPRESS=zstd\nFSTYPE=ext4\nRESUME=none\n',
    );
    expect(initramfsConf({ compression: 'xz', level: 6, rootFilesystem: 'ext4' })).toContain(
      'COMPRESSLEVEL=6\n',
    );
  });
  it('takes more modules, each once', () => {
    expect(addModules('# list\nraid1', ['raid1', 'bnx2 debug=1'])).toBe('# list\nraid1\nbnx2 debug=1\n');
    expect(addModules('', ['a'])).toBe('a\n');
  });

  it('has its links in a /boot of its own', () => {
    expect(linksIn('/boot', '')).toBe('link_in_boot = yes\n');
    expect(linksIn('/boot', 'do_symlinks = yes\nlink_in_boot=no\nimage_dest = /\n')).toBe(
      'do_symlinks = yes\nlink_in_boot = yes\n',
    );
    expect(linksIn('/', 'link_in_boot=yes')).toBe('link_in_boot = no\n');
  });
  it('knows what is missing', () => {
    const listing = [
      'usr/sbin/iscsistart',
      'usr/lib/modules/6/kernel/drivers/scsi/iscsi_tcp.ko.xz',
      'scripts/local-top/iscsi',
      'scripts/local-bottom/lunsmith-client',
      'etc/iscsi.initramfs',
    ];
    const settings = iscsiInitramfsText('ibft');
    expect(missingParts(listing, { builtin: '', settings, overlay: false })).toEqual([
      'the kernel module iscsi_ibft',
    ]);
    const builtin = 'kernel/drivers/firmware/iscsi_ibft.ko\n';
    expect(missingParts(listing, { builtin, settings, overlay: false })).toEqual([]);
    expect(missingParts(listing, { builtin, settings, overlay: true })).toEqual([
      'the kernel module overlay',
    ]);
    expect(missingParts([], { builtin: '', settings, overlay: true })).toHaveLength(7);
  });
  it('needs no module for an iBFT that is not asked, which 32-bit ARM does not have', () => {
    const settings = iscsiInitramfsText('cmdline');
    expect(missingParts([], { builtin: '', settings, overlay: false })).toHaveLength(5);
  });
});

it.each([
  ['#!/usr/bin/python3\nprint()\n', ['/s']],
  ['echo x\n', ['/bin/sh', '-eu', '/s']],
])('%j is run by %j', (text, argv) => {
  expect(scriptArgv(text, '/s')).toEqual(argv);
});

describe('services, settings of the kernel and time servers', () => {
  it.each([
    ['ssh', 'ssh.service'],
    ['fstrim.timer', 'fstrim.timer'],
    ['serial-getty@ttyS1', 'serial-getty@ttyS1.service'],
    ['dbus-org.freedesktop.timesync1', 'dbus-org.freedesktop.timesync1.service'],
  ])('%s is the unit %s', (name, unit) => {
    expect(unitName(name)).toBe(unit);
  });
  it('cloud-init has one source, and no say about the network', () => {
    expect(CONFIG).toEqual({
      path: '/etc/cloud/cloud.cfg.d/99-lunsmith.cfg',
      text: 'datasource_list: [NoCloud, None]\nnetwork: {config: disabled}\nlocale: false\n',
    });
    expect(metaData('golden-1')).toBe('instance-id: golden-1\n');
  });

  it('settings are lines of a file that has the name of the step', () => {
    expect(sysctlPath('router')).toBe('/etc/sysctl.d/60-router.conf');
    expect(sysctlText({ 'net.ipv4.ip_forward': 1, 'kernel.core_pattern': '|/bin/false' })).toBe(
      'net.ipv4.ip_forward = 1\nkernel.core_pattern = |/bin/false\n',
    );
  });
  it('time servers are asked before others', () => {
    const servers = ['a.example.org', '192.0.2.1'];
    expect(TIMESYNCD.text(servers)).toBe('[Time]\nNTP=a.example.org 192.0.2.1\n');
    expect(CHRONY.text(servers)).toBe('server a.example.org iburst prefer\nserver 192.0.2.1 iburst prefer\n');
  });
});

describe('pins of archives', () => {
  const debian = { vendor: 'Debian', url: 'http://mirror.example.org/debian', suite: 'bookworm' };
  const one = (url: string, suite: string, packages: [string, ...string[]] = ['*']) => [
    { name: 'docker', url, suite, keyring: 'docker.asc', pin: { priority: 100, packages } },
  ];
  it.each([
    ['https://docker.example.org/debian', 'bookworm', 'Pin: origin "docker.example.org"'],
    ['http://docker.example.org:8080/debian', '/', 'Pin: origin "docker.example.org"'],
    ['http://mirror.example.org/debian', 'bookworm-backports', 'Pin: release n=bookworm-backports'],
  ])('%s %s', (url, suite, pin) => {
    expect(pinsText(one(url, suite, ['a', 'b*']), debian)).toBe(`Package: a b*\n${pin}\nPin-Priority: 100\n`);
  });
  it.each(['bookworm', './'])('that would count for Debian are refused: %s', (suite) => {
    const failure = failureOf(() => pinsText(one('https://mirror.example.org/docker', suite), debian));
    expect(failure.diagnostics[0].what).toBe('The pin of the archive docker would count for Debian too.');
  });
});
