import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { MIB, planLayout } from '../../artifacts/formats/disk-layout.js';
import type { DiskSpec } from '../../artifacts/formats/disk-spec.js';
import type { LoaderSpec } from '../../artifacts/platform/loader.js';
import type { Argv } from '../../base/ports.js';
import type { RecipeFacts } from '../../pipeline/recipe-facts.js';
import { debian } from '../../stages/distribution/debian/index.js';
import { grubLoaders, requireKernel, rootPartition, systemTitle } from '../../stages/lun-image/boot.js';
import { loaderFindings, rootFindings } from '../../stages/lun-image/check.js';
import {
  type Content,
  contentBytes,
  growBytes,
  hiddenUnder,
  requireRoom,
  withBootFiles,
} from '../../stages/lun-image/content.js';
import { describeDisk } from '../../stages/lun-image/describe.js';
import { hideContent } from '../../stages/lun-image/hide.js';
import { bootWays } from '../../stages/lun-image/loader.js';
import { lunImage } from '../../stages/lun-image.js';
import { bios, esp, GPT_DISK, MBR_DISK, root, swap } from '../artifacts/formats/disks.js';
import { failureOf, testFolder } from '../artifacts/formats/tools.js';

const facts = (disk: DiskSpec, architecture: RecipeFacts['architecture'] = 'amd64'): RecipeFacts => ({
  name: 'test',
  folder: '/nonexistent',
  platform: 'pc',
  architecture,
  disk,
  kernel: { commandLine: [] },
});

describe('options', () => {
  it('have defaults', () => {
    expect(lunImage.options.parse({})).toEqual({ 'reserved-percent': 1, free: '256M', 'menu-seconds': 1 });
  });

  it.each([
    { free: '1.5G' },
    { free: 256 },
    { 'reserved-percent': 51 },
    { 'menu-seconds': -1 },
    { reserved: 1 },
  ])('refuse %j', (options) => {
    expect(lunImage.options.safeParse(options).success).toBe(false);
  });
});

describe('boot loaders', () => {
  const uefi = { format: 'x86_64-efi', path: 'EFI/BOOT/BOOTX64.EFI' };
  it.each([
    ['both', GPT_DISK, 'amd64', { bios: 'i386-pc', uefi }],
    ['BIOS by a partition', { ...GPT_DISK, partitions: [bios, root] }, 'amd64', { bios: 'i386-pc' }],
    ['UEFI', { ...GPT_DISK, partitions: [esp, root] }, 'amd64', { uefi }],
    ['BIOS by an MBR', { ...MBR_DISK, partitions: [root] }, 'amd64', { bios: 'i386-pc' }],
    ['none', { ...GPT_DISK, partitions: [root] }, 'amd64', {}],
    ['none on arm64 with an MBR', { ...MBR_DISK, partitions: [root] }, 'arm64', {}],
    [
      'UEFI on arm64',
      { ...GPT_DISK, partitions: [esp, root] },
      'arm64',
      { uefi: { format: 'arm64-efi', path: 'EFI/BOOT/BOOTAA64.EFI' } },
    ],
  ] as const)('%s', (_, disk, architecture, loaders) => {
    expect(grubLoaders({ disk, platform: 'pc', architecture })).toEqual(loaders);
  });

  it('need a root file system', () => {
    expect(rootPartition(GPT_DISK).filesystemUuid).toBe(root.filesystemUuid);
    const failure = failureOf(() => rootPartition({ ...GPT_DISK, partitions: [esp, swap] }));
    expect(failure.diagnostics).toEqual([
      {
        what: 'The disk has no root file system.',
        expected: 'one partition with `mount: /`',
        hint: 'Give the root partition `mount: /`.',
      },
    ]);
  });

  it('need a kernel and an initramfs, which links may lead to', async () => {
    await using folder = await testFolder();
    await mkdir(folder.at('boot'));
    await writeFile(folder.at('boot/vmlinuz-6.1'), '');
    await symlink('/boot/vmlinuz-6.1', folder.at('vmlinuz'));
    await symlink('boot/initrd.img-6.1', folder.at('initrd.img'));
    await expect(requireKernel(folder.path, debian.kernel.boot, debian)).rejects.toMatchObject({
      kind: 'recipe',
      diagnostics: [
        {
          what: 'The root tree cannot be booted: /initrd.img is missing.',
          expected: "/initrd.img, as Debian's kernel packages link it",
          hint: 'Install a kernel (`linux-image-amd64` or `linux-image-generic`) and make its initramfs (`uses: initramfs`) before the image is written.',
        },
      ],
    });
    await writeFile(folder.at('boot/initrd.img-6.1'), '');
    await requireKernel(folder.path, debian.kernel.boot, debian);
  });

  it('call the system by its name', async () => {
    await using folder = await testFolder();
    expect(await systemTitle(folder.path, 'recipe')).toBe('recipe');
    await mkdir(folder.at('usr/lib'), { recursive: true });
    await mkdir(folder.at('etc'));
    await symlink('../usr/lib/os-release', folder.at('etc/os-release'));
    await writeFile(
      folder.at('usr/lib/os-release'),
      'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    );
    expect(await systemTitle(folder.path, 'recipe')).toBe('Debian GNU/Linux 12 (bookworm)');
  });
});

describe('check', () => {
  it('finds nothing on disks that can be', () => {
    for (const disk of [GPT_DISK, MBR_DISK]) {
      expect([...rootFindings(facts(disk)), ...loaderFindings(facts(disk))]).toEqual([]);
    }
  });

  it('finds that nothing holds the root', () => {
    expect(rootFindings(facts({ ...GPT_DISK, partitions: [bios, { ...root, mount: '/srv' }] }))).toEqual([
      {
        path: ['partitions'],
        what: 'No partition is mounted on `/`.',
        hint: 'Give the root partition `mount: /`.',
      },
    ]);
  });

  it('finds a BIOS on arm64, and modules that are missing', () => {
    expect(loaderFindings(facts({ ...GPT_DISK, partitions: [bios, esp, root] }, 'arm64'))).toEqual([
      {
        path: [],
        what: 'A machine of architecture arm64 has no BIOS: the bios-boot partition is of no use.',
        hint: 'Remove it and use an esp partition.',
      },
      {
        path: [],
        what: "GRUB's modules for arm64-efi are not installed on this host.",
        expected: '/usr/lib/grub/arm64-efi',
        hint: 'Install them: apt-get install grub-efi-arm64-bin',
      },
    ]);
  });
});

describe('the check of a boot loader', () => {
  const GPT = GPT_DISK;
  const fat = { ...esp, name: 'boot-fat', type: 'fat', mount: '/srv' } as const;
  const withBoot = { ...root, name: 'boot', mount: '/boot', size: { bytes: 512 * MIB } };
  const bootFat = { ...fat, mount: '/boot' };
  const found = (disk: DiskSpec, loader: LoaderSpec, platform: RecipeFacts['platform'] = 'pc') =>
    loaderFindings({ ...facts(disk), platform, loader }).map(
      ({ path, what, expected = '', found: is = '', hint = '' }) => [
        path.join('.'),
        what,
        expected,
        is,
        hint,
      ],
    );
  const only = (...partitions: DiskSpec['partitions']) => ({ ...GPT, partitions });

  it.each<[DiskSpec, LoaderSpec]>([
    [GPT, { name: 'grub' }],
    [GPT, { name: 'grub', firmware: ['bios', 'uefi'] }],
    [GPT, { name: 'extlinux' }],
    [only(root), { name: 'extlinux', firmware: ['bios'] }],
    [MBR_DISK, { name: 'extlinux' }],
    [only(fat, root), { name: 'syslinux' }],
    [only(esp, root), { name: 'systemd-boot', firmware: ['uefi'] }],
    [only(bootFat, root), { name: 'none', firmware: ['bios', 'uefi'] }],
    [only(bios, withBoot, root), { name: 'grub' }],
    [only(withBoot, root), { name: 'extlinux' }],
  ])('takes %j with %j', (disk, loader) => {
    expect(found(disk, loader)).toEqual([]);
  });

  it.each<[string, DiskSpec, LoaderSpec, string[]]>([
    [
      'extlinux and UEFI',
      GPT,
      { name: 'extlinux', firmware: ['bios', 'uefi'] },
      [
        'firmware.1',
        'EXTLINUX does not start on machines with UEFI.',
        'bios',
        'uefi',
        'Use `loader: grub`, or leave uefi out.',
      ],
    ],
    [
      'systemd-boot and a BIOS',
      GPT,
      { name: 'systemd-boot', firmware: ['bios'] },
      [
        'firmware.0',
        'systemd-boot does not start on machines with a BIOS.',
        'uefi',
        'bios',
        'Use `loader: grub` or `loader: extlinux` or `loader: syslinux`, or leave bios out.',
      ],
    ],
    [
      'GRUB and UEFI without an ESP',
      only(bios, root),
      { name: 'grub', firmware: ['uefi'] },
      [
        'firmware.0',
        'The disk has no room for GRUB on machines with UEFI.',
        'a partition of type `esp`',
        '',
        'Add it, or leave uefi out.',
      ],
    ],
    [
      'GRUB and a BIOS without room for it',
      only(esp, root),
      { name: 'grub', firmware: ['bios'] },
      [
        'firmware.0',
        'The disk has no room for GRUB on machines with a BIOS.',
        'a partition of type `bios-boot`, or `table: mbr`',
        '',
        'Add it, or leave bios out.',
      ],
    ],
    [
      'syslinux without a FAT',
      only(root),
      { name: 'syslinux' },
      [
        'partitions',
        'SYSLINUX has no place: its boot sector reads FAT only, and the disk has no FAT file system.',
        'a partition of type `fat` with room for kernel and initramfs, such as 128M',
        '',
        'Add one, or use `loader: extlinux`, which lies in the root file system.',
      ],
    ],
    [
      'systemd-boot without an ESP',
      only(fat, root),
      { name: 'systemd-boot' },
      [
        'partitions',
        'systemd-boot has no place: UEFI reads FAT only, and the disk has no EFI system partition.',
        'a partition of type `esp` with room for kernel and initramfs, such as 128M',
        '',
        'Add one.',
      ],
    ],
    [
      'extlinux on Btrfs',
      only(bios, { ...root, filesystem: 'btrfs' }),
      { name: 'extlinux' },
      [
        'partitions.1.filesystem',
        'EXTLINUX is put into an unmounted ext4; into Btrfs it goes only while that is mounted.',
        '`filesystem: ext4`, or `loader: grub`',
        '',
        'Use `loader: grub`, which reads Btrfs, or a /boot of its own with ext4.',
      ],
    ],
    [
      'extlinux and a /boot on FAT',
      only(bootFat, root),
      { name: 'extlinux' },
      [
        'partitions.0.mount',
        'EXTLINUX finds the kernel of /boot by links, which vfat has not.',
        'a partition of `type: linux` for /boot, or none',
        '',
        'An EFI system partition is mounted on /boot/efi.',
      ],
    ],
  ])('refuses %s', (_, disk, loader, finding) => {
    expect(found(disk, loader)).toEqual([finding]);
  });

  it('refuses any of them for a Raspberry Pi', () => {
    const disk = { ...MBR_DISK, partitions: [root] };
    expect(found(disk, { name: 'extlinux' }, 'raspberry-pi')).toEqual([
      ['loader', 'A Raspberry Pi starts its kernel without a boot loader.', '', '', 'Remove `loader`.'],
    ]);
    expect(found(disk, { name: 'none', firmware: ['bios'] }, 'raspberry-pi')).toEqual([
      [
        'firmware',
        'A Raspberry Pi has firmware of its own: neither BIOS nor UEFI.',
        '',
        '',
        'Remove `firmware`.',
      ],
    ]);
    expect(found(disk, { name: 'none' }, 'raspberry-pi')).toEqual([]);
    expect(found(only({ ...root, filesystem: 'btrfs' }), { name: 'none' }, 'raspberry-pi')).toEqual([
      [
        'partitions.0.filesystem',
        'root is Btrfs, with which no Raspberry Pi was booted yet.',
        '`filesystem: ext4`',
        '',
        'Set `filesystem: ext4` there.',
      ],
    ]);
  });

  it.each<[DiskSpec, LoaderSpec | undefined, string]>([
    [GPT, undefined, 'san bios,uefi; direct bios,uefi'],
    [only(esp, root), undefined, 'san uefi; direct bios,uefi'],
    [only(root), undefined, 'direct bios,uefi'],
    [GPT, { name: 'grub', firmware: ['uefi'] }, 'san uefi; direct uefi'],
    [GPT, { name: 'extlinux' }, 'san bios; direct bios'],
    [GPT, { name: 'syslinux' }, 'san bios; direct bios'],
    [GPT, { name: 'systemd-boot' }, 'san uefi; direct uefi'],
    [GPT, { name: 'none' }, 'direct bios,uefi'],
    [GPT, { name: 'none', firmware: ['uefi'] }, 'direct uefi'],
  ])('the ways by which machines boot %j with %j', (disk, loader, ways) => {
    const offered = bootWays({ disk, architecture: 'amd64', ...(loader && { loader }) });
    expect(offered.map(({ method, firmware }) => `${method} ${firmware.join()}`).join('; ')).toBe(ways);
  });

  it.each<[LoaderSpec['name'], string[]]>([
    ['grub', ['grub-common']],
    ['extlinux', ['syslinux', 'syslinux', 'e2fsprogs']],
    ['syslinux', ['syslinux', 'syslinux']],
    ['systemd-boot', ['systemd-boot-efi']],
    ['none', []],
  ])('only %s needs its own packages', (name, packages) => {
    const recipe = { ...facts(GPT), loader: { name } };
    expect(lunImage.toolsFor?.(lunImage.options.parse({}), recipe).map((need) => need.package)).toEqual(
      packages,
    );
  });
});

describe('content', () => {
  const tree: Content = {
    kind: 'ext4',
    tree: '/t',
    hidden: [],
    inserted: [],
    size: { inodes: 17_000, blocks: 200_000, dense: { names: 18_000, blocks: 190_000, devices: [] } },
  };
  const files: Content = { kind: 'vfat', files: [{ path: 'a', source: '/a' }], bytes: 70 * MIB };

  it('hides what other partitions hold and what the kernel mounts', () => {
    const paths = ['/dev', '/proc', '/', '/boot/efi', '/var', '/var/log'];
    expect(hiddenUnder('/', paths)).toEqual(['dev', 'proc', 'boot/efi', 'var', 'var/log']);
    expect(hiddenUnder('/var', paths)).toEqual(['log']);
  });

  it('says by how much partitions are too small', () => {
    const layout = planLayout({ ...GPT_DISK, bytes: 1282 * MIB });
    const contents = new Map<string, Content>([
      ['root', tree],
      ['esp', files],
    ]);
    const failure = failureOf(() => requireRoom(layout, contents, 1));
    expect(failure.kind).toBe('recipe');
    expect(failure.diagnostics).toEqual([
      {
        what: 'The partition esp of 64 MiB is 6 MiB too small for its content.',
        expected: 'at least 70 MiB: 1 file and the file allocation tables',
        found: '64 MiB',
        hint: 'Enlarge the partition or the disk, or install less.',
      },
      {
        what: 'The partition root of 701 MiB is 123 MiB too small for its content.',
        expected:
          'at least 824 MiB: 17000 files of 782 MiB, about 31 MiB for journal and metadata and 9 MiB of reserve',
        found: '701 MiB',
        hint: 'Enlarge the partition or the disk, or install less.',
      },
    ]);
  });

  it('counts the files of a boot loader, which come to those of the tree that is mounted at /boot, else at /', () => {
    const files = [{ path: '/boot/extlinux/ldlinux.sys', bytes: Buffer.alloc(5000), immutable: true }];
    const before = new Map<string, Content>([['root', tree]]);
    const after = withBootFiles(before, MBR_DISK, files).get('root');
    // Two blocks and a folder.
    expect(after).toEqual({
      ...tree,
      inserted: files,
      size: { ...tree.size, inodes: 17_002, blocks: 200_003 },
    });
    expect(before.get('root')).toEqual(tree);
    expect(withBootFiles(before, MBR_DISK, [])).toBe(before);
  });

  it('takes what fits', () => {
    requireRoom(planLayout(GPT_DISK), new Map<string, Content>([['root', tree]]), 1);
  });

  it('decides the size of a growing partition, with room to spare', () => {
    const options = { reservedPercent: 1, free: 0 };
    const least = contentBytes(tree, options);
    expect(contentBytes(tree, { ...options, free: 256 * MIB }) - least).toBeGreaterThanOrEqual(256 * MIB);
    expect(contentBytes(files, { ...options, free: 2 * MIB })).toBe(72 * MIB);
    expect(contentBytes({ kind: 'none' }, options)).toBe(MIB);
  });

  it('gives Btrfs the room that mkfs.btrfs counts with, and says so when it is not there', () => {
    const btrfs: Content = { ...tree, kind: 'btrfs' };
    // 45 MiB, and all but the first 8 of data (743, in chunks of 8) and of metadata (18,000 names of 16 KiB, and an eighth of the data).
    const least = (45 + 736 + 368) * MIB;
    expect(contentBytes(btrfs, { reservedPercent: 1, free: 256 * MIB })).toBe(least + 256 * MIB);
    const failure = failureOf(() =>
      requireRoom(planLayout({ ...GPT_DISK, bytes: 1282 * MIB }), new Map([['root', btrfs]]), 1),
    );
    expect(failure.diagnostics).toMatchObject([
      {
        what: 'The partition root of 701 MiB is 448 MiB too small for its content.',
        expected: 'at least 1149 MiB: 18000 files of 743 MiB, and the room that mkfs.btrfs asks for metadata',
      },
    ]);
  });

  it('leaves room for a boot loader of any size on a growing ESP', () => {
    const options = { reservedPercent: 1, free: 2 * MIB };
    const growing = { ...GPT_DISK, partitions: [root, { ...esp, size: 'grow' as const }] };
    expect(growBytes(growing, new Map([['esp', files]]), options)).toBe(73 * MIB);
    expect(growBytes(GPT_DISK, new Map([['root', tree]]), options)).toBe(0);
  });
});

it('binds empty directories over what is to be hidden, and takes them away again', async () => {
  await using folder = await testFolder();
  await mkdir(folder.at('tree/run/lock'), { recursive: true });
  await mkdir(folder.at('tree/proc'));
  await mkdir(folder.at('tree/dev/pts'), { recursive: true });
  await mkdir(folder.at('scratch'));
  const commands: string[] = [];
  const run = (argv: Argv) => {
    commands.push(argv.join(' ').replaceAll(folder.path, ''));
    return Promise.resolve({ stdout: '', stderr: '', exitCode: 0 });
  };
  const ports = { run, signal: new AbortController().signal };
  {
    const paths = ['proc', 'run', 'sys', 'dev'];
    await using _ = await hideContent(ports, folder.at('tree'), paths, folder.at('scratch'));
    expect(commands.splice(0)).toEqual([
      'mount --bind /scratch/hidden-0 /tree/run',
      'mount --bind /scratch/hidden-1 /tree/dev',
    ]);
  }
  expect(commands).toEqual(['umount /tree/dev /tree/run']);
});

it('describes a disk in the words of the manifest', () => {
  const { partitions: _, ...disk } = describeDisk(planLayout(MBR_DISK));
  expect(disk).toEqual({ table: 'mbr', bytes: 2048 * MIB, guid: MBR_DISK.guid });
  expect(describeDisk(planLayout(MBR_DISK)).partitions[2]).toEqual({
    number: 3,
    name: 'root',
    type: '83',
    guid: '1a2b3c4d-03',
    firstLba: 1181696,
    sectors: 3012608,
    filesystem: 'ext4',
    filesystemUuid: root.filesystemUuid,
    mount: '/',
    grow: false,
  });
  expect(describeDisk(planLayout(GPT_DISK)).partitions[0]).toEqual({
    number: 1,
    name: 'bios',
    type: '21686148-6449-6E6F-744E-656564454649',
    guid: bios.guid,
    firstLba: 2048,
    sectors: 6144,
    grow: false,
  });
});
