import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLines, rootParameters } from '../../stages/boot-artifacts/command-line.js';
import { readKernelVersion } from '../../stages/boot-artifacts/kernel.js';
import { kernel } from '../../stages/distribution/debian/kernel.js';
import { rootTree } from '../../stages/rootfs/tree.js';
import { GPT_DISK } from '../artifacts/formats/disks.js';
import { type TestFolder, testFolder } from '../artifacts/formats/tools.js';

async function fill(folder: TestFolder, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(folder.at(name)), { recursive: true });
    if (text.startsWith('-> ')) await symlink(text.slice(3), folder.at(name));
    else await writeFile(folder.at(name), text);
  }
}

describe('Debian’s boot files', () => {
  it('follows the links of the tree inside it', async () => {
    await using folder = await testFolder();
    await fill(folder, {
      'boot/vmlinuz-6.1.0-9-amd64': '',
      'boot/vmlinuz-6.1.0-10-amd64': '',
      'boot/initrd.img-6.1.0-9-amd64': '',
      vmlinuz: '-> /boot/vmlinuz-6.1.0-9-amd64',
      'initrd.img': '-> boot/initrd.img-6.1.0-9-amd64',
    });
    expect(await kernel.find(rootTree(folder.path))).toEqual({
      kernel: folder.at('boot/vmlinuz-6.1.0-9-amd64'),
      initramfs: folder.at('boot/initrd.img-6.1.0-9-amd64'),
    });
  });

  it('takes the newest without links, by number', async () => {
    await using folder = await testFolder();
    await fill(folder, {
      'boot/vmlinuz-6.1.0-9-amd64': '',
      'boot/vmlinuz-6.1.0-10-amd64': '',
      'boot/initrd.img-6.1.0-9-amd64': '',
      'boot/initrd.img-6.1.0-10-amd64': '',
    });
    expect(await kernel.find(rootTree(folder.path))).toEqual({
      kernel: folder.at('boot/vmlinuz-6.1.0-10-amd64'),
      initramfs: folder.at('boot/initrd.img-6.1.0-10-amd64'),
    });
  });

  it.each([
    [{}, '/vmlinuz', 'vmlinuz-', 'Install a kernel: `linux-image-amd64`, of Ubuntu `linux-image-generic`.'],
    [
      { 'boot/vmlinuz-6.1': '' },
      '/initrd.img',
      'initrd.img-',
      'Make it: `uses: initramfs`, after the last step that changes the root.',
    ],
  ])('says what the tree lacks: %j', async (files, link, prefix, hint) => {
    await using folder = await testFolder();
    await fill(folder, files);
    await expect(kernel.find(rootTree(folder.path))).rejects.toMatchObject({
      kind: 'recipe',
      diagnostics: [
        {
          what: `The root tree cannot be booted: there is no ${link} and no /boot/${prefix}VERSION in it.`,
          expected: `${link}, as Debian's kernel packages link it`,
          hint,
        },
      ],
    });
  });
});

describe('readKernelVersion', () => {
  const bzImage = () => {
    const head = Buffer.alloc(1024);
    head.write('HdrS', 0x202);
    head.writeUInt16LE(0x100, 0x20e);
    head.write('6.1.0-50-amd64 (builder@example.org) #1 SMP\0', 0x300);
    return head;
  };
  const arm64 = () => {
    const head = Buffer.alloc(1024);
    head.write('ARM\x64', 56, 'latin1');
    return head;
  };

  it('reads it from the header of a bzImage, and from the name of an arm64 Image', async () => {
    await using folder = await testFolder();
    await writeFile(folder.at('kernel'), bzImage());
    await writeFile(folder.at('vmlinuz-6.1.0-50-arm64'), arm64());
    expect(await readKernelVersion(folder.at('kernel'), 'amd64')).toBe('6.1.0-50-amd64');
    expect(await readKernelVersion(folder.at('vmlinuz-6.1.0-50-arm64'), 'arm64')).toBe('6.1.0-50-arm64');
  });

  it.each([
    ['another architecture', arm64(), 'amd64', 'a bzImage (`HdrS` at byte 514)', 1024],
    ['another architecture', bzImage(), 'arm64', 'an arm64 Image (`ARM\\x64` at byte 56)', 1024],
    ['an empty file', Buffer.alloc(0), 'amd64', 'a bzImage (`HdrS` at byte 514)', 0],
  ] as const)('refuses %s', async (_what, bytes, architecture, expected, length) => {
    await using folder = await testFolder();
    await writeFile(folder.at('kernel'), bytes);
    await expect(readKernelVersion(folder.at('kernel'), architecture)).rejects.toMatchObject({
      kind: 'integrity',
      diagnostics: [
        {
          what: `${folder.at('kernel')} is not a Linux kernel for ${architecture}.`,
          expected,
          found: `${length} bytes without it`,
        },
      ],
    });
  });
});

it('mounts the root read-only, and checks none that cannot be written to', () => {
  const uuid = `root=UUID=${GPT_DISK.partitions.find(({ mount }) => mount === '/')?.filesystemUuid}`;
  expect(rootParameters(GPT_DISK)).toEqual([uuid, 'ro']);
  expect(rootParameters({ ...GPT_DISK, overlay: 'tmpfs' })).toEqual([uuid, 'ro', 'fsck.mode=skip']);
});

it('leaves to iPXE what belongs to the client', () => {
  expect(
    commandLines(['root=UUID=uuid', 'ro'], ['console=ttyS0,115200', 'ip=dhcp', 'iscsi_auto', 'quiet']),
  ).toEqual({
    san: ['root=UUID=uuid', 'ro', 'console=ttyS0,115200', 'ip=dhcp', 'iscsi_auto', 'quiet'],
    direct: ['root=UUID=uuid', 'ro', 'console=ttyS0,115200', 'quiet'],
  });
});
