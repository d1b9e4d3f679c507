import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { MIB } from '../../../artifacts/formats/disk-layout.js';
import { type DiskSpec, hasOwnBoot } from '../../../artifacts/formats/disk-spec.js';
import { sha256File } from '../../../artifacts/formats/file-digest.js';
import { fsVerityDigest } from '../../../artifacts/formats/fs-verity.js';
import { makeGrubImage } from '../../../artifacts/formats/grub.js';
import { readAt } from '../../../artifacts/formats/sparse.js';
import type { LoaderName } from '../../../artifacts/platform/loader.js';
import { bios, esp, GPT_DISK, MBR_DISK, root } from '../../artifacts/formats/disks.js';
import { ask, run, type TestFolder } from '../../artifacts/formats/tools.js';
import { parts, place, prepare, write } from '../lun-image-rig.js';

/** What the kernel of these trees says: GRUB, which a boot loader starts as if it were Linux. */
const KERNEL = `serial --unit=0 --speed=115200
terminal_output console serial
echo "A kernel was started."
sleep 1
halt
`;

const GPT: DiskSpec = { ...GPT_DISK, bytes: 200 * MIB, partitions: [esp, root] };
const MBR: DiskSpec = { ...MBR_DISK, bytes: 200 * MIB, partitions: [root] };
const fat = { ...esp, name: 'fat', type: 'fat', mount: '/srv' } as const;
/** A file system of its own for kernel and initramfs; the root is behind it. */
const ofBoot = {
  ...root,
  name: 'kernels',
  mount: '/boot',
  size: { bytes: 64 * MIB },
  filesystemUuid: '55555555-6666-4777-8888-999999999999',
  guid: '55555555-1111-4111-8111-111111111111',
} as const;
const BOOT: DiskSpec = { ...GPT_DISK, bytes: 264 * MIB, partitions: [bios, esp, ofBoot, root] };
const FAT: DiskSpec = { ...MBR_DISK, bytes: 264 * MIB, partitions: [fat, root] };

/** A tree whose kernel says that it was started. */
async function withKernel(firmware: 'bios' | 'uefi', disk: DiskSpec): Promise<TestFolder> {
  const folder = await prepare(hasOwnBoot(disk));
  const format = firmware === 'bios' ? 'i386-pc' : 'x86_64-efi';
  const image = await makeGrubImage(run, { format, config: KERNEL, scratch: folder.path });
  // With this before it, core has the form of a Linux kernel (GRUB 2.06 grub-core/boot/i386/pc/lnxboot.S).
  const head = firmware === 'bios' ? [await readFile('/usr/lib/grub/i386-pc/lnxboot.img')] : [];
  await writeFile(folder.at('rootfs/boot/vmlinuz-6.1'), Buffer.concat([...head, await readFile(image)]));
  return folder;
}

function made(folder: TestFolder, name: string, disk: DiskSpec, loader: LoaderName, more: object = {}) {
  const kernel = { commandLine: ['console=ttyS0,115200', ...(name === 'two' ? ['quiet'] : [])] };
  const recipe = {
    name: 'test',
    platform: 'pc',
    architecture: 'amd64',
    disk,
    kernel,
    loader: { name: loader },
  };
  return write(folder, name, disk, { recipe, ...more });
}

/** What the machine with this disk shows, as a local one, until it switches itself off. */
async function boot(folder: TestFolder, image: string, firmware: 'bios' | 'uefi'): Promise<string> {
  const vars = folder.at('vars.fd');
  await copyFile('/usr/share/OVMF/OVMF_VARS_4M.fd', vars);
  const flash = ['format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd', `format=raw,file=${vars}`];
  const argv = [
    ...['-accel', 'tcg', '-m', '256', '-display', 'none', '-monitor', 'none', '-nic', 'none', '-no-reboot'],
    ...(firmware === 'uefi' ? ['-machine', 'q35'] : ['-machine', 'pc,graphics=off']),
    ...(firmware === 'uefi' ? flash.flatMap((drive) => ['-drive', `if=pflash,${drive}`]) : []),
    ...['-drive', `file=${image},format=raw,if=virtio,snapshot=on`],
    ...['-serial', `file:${folder.at('serial.log')}`],
  ];
  await run(['qemu-system-x86_64', ...argv], { doing: 'boot the disk', timeout: 200 });
  // On a busy machine the BIOS tells the cursor's place in the middle of a line.
  return (await readFile(folder.at('serial.log'), 'latin1')).replaceAll(/\x1b\[[0-9;]*H/g, '');
}

describe('a disk boots by itself', () => {
  it.each([
    ['extlinux', 'GPT', 'bios', GPT],
    ['extlinux', 'MBR', 'bios', MBR],
    ['extlinux', 'GPT with a /boot', 'bios', BOOT],
    ['syslinux', 'MBR', 'bios', FAT],
    ['syslinux', 'GPT', 'bios', GPT],
    ['systemd-boot', 'GPT', 'uefi', GPT],
  ] as const)('with %s in an %s, by %s', async (loader, _, firmware, disk) => {
    await using folder = await withKernel(firmware, disk);
    const { image } = await made(folder, 'out', disk, loader);
    const shown = await boot(folder, image, firmware);
    if (firmware === 'bios') {
      expect(shown).toMatch(/(?:SYS|EXT)LINUX 6\.\d+/);
      expect(shown).toContain('Loading test ...');
    }
    expect(shown).toContain('A kernel was started.');
  });
});

describe('other judges accept a disk', () => {
  it.each([
    ['extlinux', GPT],
    ['extlinux', MBR],
    ['extlinux', BOOT],
    ['syslinux', FAT],
    ['systemd-boot', GPT],
    ['none', GPT],
  ] as const)('with %s', async (loader, spec) => {
    await using folder = await prepare(hasOwnBoot(spec));
    const { image, disk, digests } = await made(folder, 'out', spec, loader);
    if (spec.table === 'gpt') expect(await ask('sgdisk', '-v', image)).toContain('No problems found.');
    for (const { offset } of disk.partitions
      .filter(({ filesystem }) => filesystem === 'ext4')
      .map(({ name }) => place(disk, name)))
      await ask('e2fsck', '-fn', `${image}?offset=${offset}`);
    for (const { name } of disk.partitions.filter(({ filesystem }) => filesystem === 'vfat')) {
      const { offset, bytes } = place(disk, name);
      await writeFile(folder.at(name), await readAt(image, offset, bytes));
      await ask('fsck.vfat', '-n', folder.at(name));
    }
    expect(disk.loader).toBe(loader);
    expect([...digests.values()]).toEqual([await fsVerityDigest(image)]);
  });
});

it.each([
  ['extlinux', GPT],
  ['extlinux', BOOT],
  ['grub', BOOT],
  ['syslinux', FAT],
  ['systemd-boot', GPT],
] as const)(
  '%s: another command line needs no new root, and gives what a fresh image has',
  async (loader, spec) => {
    await using folder = await prepare(hasOwnBoot(spec));
    const kept = { part: parts(folder, 'kept') };
    await made(folder, 'one', spec, loader, kept);
    const used: string[] = [];
    const watching: typeof run = (argv, options) => {
      used.push(argv[0]);
      return run(argv, options);
    };
    const two = await made(folder, 'two', spec, loader, { ...kept, run: watching });
    expect(used).not.toContain('mke2fs');
    const fresh = await write(folder, 'fresh', spec, {
      recipe: {
        ...{ name: 'test', platform: 'pc', architecture: 'amd64', disk: spec, loader: { name: loader } },
        kernel: { commandLine: ['console=ttyS0,115200', 'quiet'] },
      },
    });
    expect(await sha256File(two.image, { run })).toBe(await sha256File(fresh.image, { run }));
    expect([...two.digests.values()]).toEqual([await fsVerityDigest(two.image)]);
  },
);

it('the files of extlinux are root’s, and the core stays where it lies', async () => {
  await using folder = await prepare();
  const { image, disk } = await made(folder, 'out', GPT, 'extlinux');
  const device = `${image}?offset=${place(disk, 'root').offset}`;
  const about = (path: string) => ask('debugfs', '-R', `stat ${path}`, device);
  expect(await about('/boot/extlinux/ldlinux.sys')).toMatch(
    /Mode: +0644 +Flags: 0x80010\n[^]*User: +0 +Group: +0 /,
  );
  expect(await about('/boot/extlinux')).toMatch(/Type: directory +Mode: +0755/);
  const config = await ask('debugfs', '-R', 'cat /boot/extlinux/extlinux.conf', device);
  expect(config.trimEnd().split('\n')).toEqual([
    'SERIAL 0 115200',
    'PROMPT 1',
    'TIMEOUT 10',
    'DEFAULT linux',
    'SAY Loading test ...',
    'LABEL linux',
    '  LINUX /vmlinuz',
    '  INITRD /initrd.img',
    '  APPEND root=UUID=44444444-5555-4666-8777-888888888888 ro console=ttyS0,115200',
    'LABEL previous',
    '  LINUX /vmlinuz.old',
    '  INITRD /initrd.img.old',
    '  APPEND root=UUID=44444444-5555-4666-8777-888888888888 ro console=ttyS0,115200',
  ]);
});
