import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../base/failure.js';
import { identityText } from '../../../../stages/distribution/arch/initiator.js';
import {
  configurationText,
  missingParts,
  presetText,
} from '../../../../stages/distribution/arch/mkinitcpio/texts.js';
import { pacmanConfig } from '../../../../stages/distribution/arch/pacman/config.js';
import { packagesOf } from '../../../../stages/distribution/arch/pacman/databases.js';
import {
  formatDescription,
  parseDescription,
  parseDescriptions,
  targetOf,
} from '../../../../stages/distribution/arch/pacman/desc.js';
import { withIgnored } from '../../../../stages/distribution/arch/pacman/hold.js';
import { installFailure } from '../../../../stages/distribution/arch/pacman/install-failure.js';
import { parseKeys } from '../../../../stages/distribution/arch/pacman/keys.js';
import {
  chooseServers,
  mirrorlistText,
  parseMirrorlist,
  repositoryUrl,
  type ServerWishes,
} from '../../../../stages/distribution/arch/pacman/servers.js';
import { moduleOptionsText } from '../../../../stages/distribution/module-options.js';
import { sessionSettingsText } from '../../../../stages/iscsi-initiator/iscsid-conf.js';

describe('descriptions of packages', () => {
  const text = '%FILENAME%\na-1-1-any.pkg.tar.zst\n\n%NAME%\na\n\n%DEPENDS%\nglibc>=2.36\nsh\n\n';
  it('are read field by field', () => {
    const description = parseDescription(text);
    expect(description.get('NAME')).toEqual(['a']);
    expect(description.get('DEPENDS')).toEqual(['glibc>=2.36', 'sh']);
    expect(description.get('GROUPS')).toBeUndefined();
    expect(formatDescription(description)).toBe(text);
  });
  it('stand one after the other', () => {
    const [first, second, ...rest] = parseDescriptions(`${text}${text.replace('%NAME%\na', '%NAME%\nb')}`);
    expect([first?.get('NAME'), second?.get('NAME'), rest]).toEqual([['a'], ['b'], []]);
    expect(parseDescriptions('')).toEqual([]);
  });
  it.each([
    ['glibc>=2.36', 'glibc'],
    ['initramfs=1', 'initramfs'],
    ['libc.so=6-64', 'libc.so'],
    ['sh', 'sh'],
  ])('name in the relation %s the target %s', (relation, target) => {
    expect(targetOf(relation)).toBe(target);
  });
});

describe('servers', () => {
  const own = 'https://mirror.example.org/archlinux/$repo/os/$arch';
  const dated = 'https://mirror.example.org/archive/repos/$snapshot/$repo/os/$arch';
  const ofDay = 'https://mirror.example.org/archive/repos/2026/11/01/$repo/os/$arch';
  const host = 'https://host.example.org/$repo/os/$arch';
  const snapshot = '2026-11-01';
  const chosen = (wishes: Partial<ServerWishes>) => {
    const none = { override: undefined, mirrors: undefined, imageMirrors: undefined, snapshot: undefined };
    return chooseServers({ ...none, host: [host], ...wishes });
  };
  it.each<[string, Partial<ServerWishes>, string[], string[]]>([
    ['of the recipe', { mirrors: [own] }, [own], [own]],
    ['of the host', {}, [host], [host]],
    [
      'of the command line, in the place of all others but in the image',
      { mirrors: [own], override: 'http://127.0.0.1:8000/' },
      ['http://127.0.0.1:8000/$repo/os/$arch'],
      [own],
    ],
    [
      'of the command line, whole',
      { override: 'http://127.0.0.1/$repo/$arch' },
      ['http://127.0.0.1/$repo/$arch'],
      [host],
    ],
    ['of a day', { mirrors: [dated, dated], snapshot }, [ofDay, ofDay], [ofDay, ofDay]],
    [
      'of a day, and others in the image',
      { mirrors: [dated], imageMirrors: [own], snapshot },
      [ofDay],
      [own],
    ],
    [
      'of a day on the command line, where all days lie in a folder',
      { mirrors: [dated], override: 'https://mirror.example.org/archive/repos/', snapshot },
      [ofDay],
      [ofDay],
    ],
    [
      'of a day on the command line, which says where it stands',
      { mirrors: [dated], override: 'http://127.0.0.1/$snapshot/x', snapshot },
      ['http://127.0.0.1/2026/11/01/x/$repo/os/$arch'],
      [ofDay],
    ],
  ])('are those %s', (_, wishes, build, image) => {
    expect(chosen(wishes)).toEqual({ build, image, problems: [] });
  });
  it.each<[string, Partial<ServerWishes>, object]>([
    [
      'none of a day among the mirrors',
      { mirrors: [dated, own], snapshot },
      { path: ['mirrors', 1], what: 'This server does not keep the packages of a day.', found: own },
    ],
    [
      'none of a day on the command line',
      { mirrors: [dated], override: own, snapshot },
      {
        path: ['snapshot'],
        what: '`--mirror`: This server does not keep the packages of a day.',
      },
    ],
    [
      'none of a day on this host',
      { snapshot },
      {
        path: ['snapshot'],
        what: '/etc/pacman.d/mirrorlist of this host: This server does not keep the packages of a day.',
      },
    ],
    [
      'a day that is not given',
      { mirrors: [dated] },
      { path: ['mirrors', 0], what: '`$snapshot` stands for a day that is not given.' },
    ],
    [
      'a day of the image that is not given',
      { mirrors: [own], imageMirrors: [own, dated] },
      { path: ['image-mirrors', 1], what: '`$snapshot` stands for a day that is not given.' },
    ],
    [
      'a day on the command line that is not given',
      { mirrors: [own], override: dated },
      { path: [], what: '`--mirror`: `$snapshot` stands for a day that is not given.' },
    ],
    [
      'a word that stands for nothing',
      { mirrors: [dated.replace('$snapshot', '$snapshto')], snapshot },
      { path: ['mirrors', 0], what: '`$snapshto` stands for nothing.', hint: 'Did you mean `$snapshot`?' },
    ],
    [
      'none anywhere',
      { host: [] },
      { path: [], what: 'Neither the recipe nor this host names a mirror of Arch Linux.' },
    ],
  ])('are refused: %s', (_, wishes, problem) => {
    expect(chosen(wishes).problems).toMatchObject([problem]);
  });
  it('are a mirrorlist of the image', () => {
    const text = mirrorlistText([own, dated]);
    expect(text).toBe(`Server = ${own}\nServer = ${dated}\n`);
    expect(parseMirrorlist(`# a comment\n#Server = https://commented.example.org\n ${text}`)).toEqual([
      own,
      dated,
    ]);
  });
  it('have a URL for each repository', () => {
    expect(repositoryUrl(own, 'core')).toBe('https://mirror.example.org/archlinux/core/os/x86_64');
  });
});

it('pacman is told to take no package without a signature that is trusted', () => {
  const text = pacmanConfig({
    root: '/tree',
    database: '/db',
    keys: '/keys',
    work: '/work',
    hooks: '/hooks',
    repositories: [
      { name: 'core', servers: ['https://mirror.example.org/$repo'], databaseSignature: 'required' },
      { name: 'extra', servers: [], databaseSignature: 'optional' },
    ],
  });
  expect(text).toBe(`[options]
RootDir = /tree
DBPath = /db
GPGDir = /keys
CacheDir = /work/cache
LogFile = /work/pacman.log
HookDir = /hooks
Architecture = x86_64
SigLevel = Required TrustedOnly
LocalFileSigLevel = Required TrustedOnly

[core]
SigLevel = DatabaseRequired
Server = https://mirror.example.org/$repo

[extra]
SigLevel = DatabaseOptional
`);
});

it('of a listing of keys those that are expired or revoked are told', () => {
  const listing = [
    'pub:-:255:22:56:1:::-:::scSC::::::23::0:',
    `fpr:::::::::${'A'.repeat(40)}:`,
    'uid:-::::1::X::A <a@example.org>::::::::::0:',
    'sub:e:255:18:57:1:2:::::e::::::23:',
    `fpr:::::::::${'B'.repeat(40)}:`,
    'pub:e:255:22:58:1:2::-:::sc::::::23::0:',
    `fpr:::::::::${'C'.repeat(40)}:`,
    'pub:r:255:22:59:1:::-:::sc::::::23::0:',
    `fpr:::::::::${'D'.repeat(40)}:`,
  ].join('\n');
  expect(parseKeys(listing)).toEqual([
    { fingerprint: 'A'.repeat(40), refusal: undefined },
    { fingerprint: 'C'.repeat(40), refusal: 'has expired' },
    { fingerprint: 'D'.repeat(40), refusal: 'is revoked' },
  ]);
});

describe('packages that are held', () => {
  it.each([
    ['[options]\nColor\n[core]\n', ['linux'], '[options]\nIgnorePkg = linux\nColor\n[core]\n'],
    ['[options]\nIgnorePkg = a  b\nColor\n', ['linux', 'a'], '[options]\nIgnorePkg = a b linux\nColor\n'],
    ['[options]\n#IgnorePkg   =\n', ['linux'], '[options]\nIgnorePkg = linux\n#IgnorePkg   =\n'],
    ['', ['linux'], '[options]\nIgnorePkg = linux\n'],
  ])('%j with %j', (text, names, expected) => {
    expect(withIgnored(text, names)).toBe(expected);
  });
});

describe('what mkinitcpio is told', () => {
  it('is which hooks run, in which order, and how the image is compressed', () => {
    expect(
      configurationText({
        ...{ compression: 'zstd', level: 3, overlay: false },
        modules: ['e1000e', 'bnx2 disable_msi=1'],
      }),
    ).toBe(
      `# Written by lunsmith: a root on iSCSI.
HOOKS=(base udev modconf keyboard block net iscsi filesystems fsck client)
MODULES+=(e1000e bnx2)
COMPRESSION="zstd"
COMPRESSION_OPTIONS=(-3)
`,
    );
    const least = { compression: 'xz', level: undefined, modules: [] } as const;
    expect(configurationText({ ...least, overlay: false })).not.toMatch(/MODULES|OPTIONS/);
    expect(configurationText({ ...least, overlay: true })).toContain('filesystems fsck overlay client)\n');
  });
  it('is the options of modules that have some', () => {
    expect(moduleOptionsText(['e1000e', 'bnx2 disable_msi=1'])).toBe('options bnx2 disable_msi=1\n');
    expect(moduleOptionsText(['e1000e'])).toBeUndefined();
  });
  it('is one image of a kernel', () => {
    expect(presetText('linux-lts')).toBe(`# Written by lunsmith.
ALL_kver="/boot/vmlinuz-linux-lts"
PRESETS=('default')
default_image="/boot/initramfs-linux-lts.img"
`);
  });
  it('leaves nothing out that a root on iSCSI needs', () => {
    const whole = [
      ...['usr/bin/iscsistart', 'usr/bin/ipconfig', 'hooks/net', 'hooks/iscsi', 'hooks/client'],
      'etc/iscsi.initramfs',
      'usr/lib/modules/6.1/kernel/drivers/scsi/iscsi_tcp.ko.zst',
    ];
    const builtin = 'kernel/drivers/firmware/iscsi_ibft.ko\n';
    expect(missingParts(whole, { builtin, overlay: false })).toEqual([]);
    expect(missingParts(whole, { builtin, overlay: true })).toEqual(['the kernel module overlay']);
    expect(missingParts([], { builtin: '', overlay: false })).toEqual([
      'the program iscsistart',
      'the program ipconfig',
      'the kernel module iscsi_tcp',
      'the kernel module iscsi_ibft',
      'the hook net',
      'the hook iscsi',
      'the hook client',
      'the file etc/iscsi.initramfs',
    ]);
  });
});

describe('the session of the initramfs', () => {
  it('has the settings of iscsid.conf that belong to a session, but for how it authenticates', () => {
    const configuration = [
      '# node.session.timeo.login_timeout = 99',
      'node.startup = manual',
      'node.session.auth.authmethod = CHAP',
      'node.session.timeo.replacement_timeout = 86400',
      'node.conn[0].timeo.noop_out_interval = 0',
      'node.session.iscsi.FirstBurstLength = 262144  ',
      'node.session.scan = auto',
      'discovery.sendtargets.iscsi.MaxRecvDataSegmentLength = 32768',
    ].join('\n');
    expect(sessionSettingsText(configuration)).toBe(
      'node.session.timeo.replacement_timeout=86400\nnode.conn[0].timeo.noop_out_interval=0\nnode.session.iscsi.FirstBurstLength=262144\n',
    );
  });
  it('is told where its target is named', () => {
    expect(identityText('ibft')).toContain('\nISCSI_AUTO=true\n');
    expect(identityText('cmdline')).not.toMatch(/^[^#]/m);
  });
});

describe('a failed installation', () => {
  const told = (...lastLines: string[]) => {
    const command = { argv: ['pacman'], lastLines };
    const failure = installFailure(new Failure('tool', { what: 'Could not install packages.' }, { command }));
    const { what, found } = failure.diagnostics[0];
    return { kind: failure.kind, what, found };
  };
  it.each([
    [
      [
        'error: failed to prepare transaction (could not satisfy dependencies)',
        ":: installing glibc (2.40-1) breaks dependency 'glibc=2.39' required by lib32-glibc",
      ],
      {
        kind: 'integrity',
        what: 'The packages of this step do not fit those that are installed: Arch Linux knows no partial upgrades.',
        found: "installing glibc (2.40-1) breaks dependency 'glibc=2.39' required by lib32-glibc",
      },
    ],
    [
      ['error: failed to commit transaction (conflicting files)', 'foo: /etc/foo exists in filesystem'],
      {
        kind: 'recipe',
        what: 'A file of a package is there already.',
        found: 'foo: /etc/foo exists in filesystem',
      },
    ],
    [
      [':: foo-1-1 and bar-1-1 are in conflict', 'error: unresolvable package conflicts detected'],
      {
        kind: 'recipe',
        what: 'These packages exclude each other.',
        found: 'foo-1-1 and bar-1-1 are in conflict',
      },
    ],
    [['something else'], { kind: 'tool', what: 'Could not install packages.', found: undefined }],
  ])('that says %j', (lines, expected) => {
    expect(told(...lines)).toEqual(expected);
  });
});

describe('a database that is not signed', () => {
  const text = (fields: Readonly<Record<string, string>>) =>
    Object.entries({
      FILENAME: 'base-1-1-any.pkg.tar.zst',
      NAME: 'base',
      VERSION: '1-1',
      SHA256SUM: 'a'.repeat(64),
      ...fields,
    })
      .map(([field, value]) => `%${field}%\n${value}\n\n`)
      .join('');
  it('describes packages', () => {
    expect(packagesOf('core', text({}))).toMatchObject([
      { name: 'base', version: '1-1', architecture: 'all' },
    ]);
  });
  it.each([
    ['FILENAME', '../../../../home/user/.bashrc'],
    ['FILENAME', '/etc/passwd'],
    ['FILENAME', '.hidden'],
    ['FILENAME', ''],
    ['NAME', '../base'],
    ['NAME', '--root=x'],
    ['SHA256SUM', '../a'],
    ['SHA256SUM', ''],
  ])('leads nowhere by %s %j', (field, value) => {
    expect(() => packagesOf('core', text({ [field]: value }))).toThrow(
      `The database core describes a package as no repository does: its %${field}%.`,
    );
  });
});
