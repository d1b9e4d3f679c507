import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { planLayout } from '../../../artifacts/formats/disk-layout.js';
import type { DiskSpec } from '../../../artifacts/formats/disk-spec.js';
import { writeFat } from '../../../artifacts/formats/fat.js';
import { biosPlace, embedBiosGrub, makeGrubImage } from '../../../artifacts/formats/grub.js';
import { writePartitionTable } from '../../../artifacts/formats/partition-table.js';
import { createSparse } from '../../../artifacts/formats/sparse.js';
import { bios, esp, GPT_DISK, MBR_DISK, root } from './disks.js';
import { ask, run, type TestFolder, testFolder } from './tools.js';

const MIB = 1024 * 1024;
/** Says where it came from, and switches the machine off. */
const CONFIG = `serial --unit=0 --speed=115200
terminal_output console serial
echo "GRUB works from $cmdpath with $prefix"
sleep 1
halt
`;

async function makeDisk(folder: TestFolder, spec: DiskSpec): Promise<string> {
  const image = folder.at('disk.img');
  const layout = planLayout(spec);
  await mkdir(folder.at('grub'));
  const link = (format: 'i386-pc' | 'x86_64-efi') =>
    makeGrubImage(run, { format, config: CONFIG, scratch: folder.at('grub') });
  await createSparse(image, layout.bytes);
  await writePartitionTable(run, image, layout);
  const place = biosPlace(layout);
  if (place !== undefined) await embedBiosGrub(image, await link('i386-pc'), place);
  const system = layout.partitions.find(({ type }) => type === 'esp');
  if (system !== undefined) {
    const files = [{ path: 'EFI/BOOT/BOOTX64.EFI', source: await link('x86_64-efi') }];
    const { offset, bytes } = system;
    const names = { label: 'ESP', volumeId: '1234-ABCD', epoch: 0 };
    await writeFat(run, image, { offset, bytes, file: folder.at('esp.fat'), files, ...names });
  }
  return image;
}

async function boot(folder: TestFolder, image: string, firmware: 'bios' | 'uefi'): Promise<string> {
  await copyFile('/usr/share/OVMF/OVMF_VARS_4M.fd', folder.at('vars.fd'));
  const uefi = [
    ...['-machine', 'q35'],
    ...['-drive', 'if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd'],
    ...['-drive', `if=pflash,format=raw,file=${folder.at('vars.fd')}`],
  ];
  const machine = [
    '-accel',
    'tcg',
    '-m',
    '256',
    '-display',
    'none',
    '-monitor',
    'none',
    '-nic',
    'none',
    '-no-reboot',
  ];
  const disk = ['-drive', `file=${image},format=raw,if=virtio,snapshot=on`];
  const serial = ['-serial', `file:${folder.at('serial.log')}`];
  await run(['qemu-system-x86_64', ...machine, ...(firmware === 'uefi' ? uefi : []), ...disk, ...serial], {
    doing: 'boot the disk',
    timeout: 100,
  });
  return readFile(folder.at('serial.log'), 'latin1');
}

const GPT: DiskSpec = { ...GPT_DISK, bytes: 128 * MIB, partitions: [bios, esp, root] };
const MBR: DiskSpec = { ...MBR_DISK, bytes: 128 * MIB, partitions: [esp, root] };

describe('starts with the configuration that is in it', () => {
  it.each([
    ['bios', 'gpt', GPT, 'GRUB works from (hd0) with (memdisk)/boot/grub'],
    ['bios', 'mbr', MBR, 'GRUB works from (hd0) with (memdisk)/boot/grub'],
    ['uefi', 'gpt', GPT, 'GRUB works from (hd0,gpt2)/EFI/BOOT with (memdisk)/boot/grub'],
    ['uefi', 'mbr', MBR, 'GRUB works from (hd0,msdos1)/EFI/BOOT with (memdisk)/boot/grub'],
  ] as const)('by %s from a disk with %s', async (firmware, _table, spec, words) => {
    await using folder = await testFolder();
    const image = await makeDisk(folder, spec);
    expect(await boot(folder, image, firmware)).toContain(words);
  });
});

it('leaves the partition table as it was', async () => {
  await using folder = await testFolder();
  const image = await makeDisk(folder, GPT);
  expect(await ask('sgdisk', '-v', image)).toContain('No problems found.');
});

it('gives the same bytes twice', async () => {
  await using folder = await testFolder();
  for (const format of ['i386-pc', 'x86_64-efi'] as const) {
    const images = [];
    for (const name of ['one', 'another']) {
      await mkdir(folder.at(`${format}-${name}`));
      const made = await makeGrubImage(run, {
        format,
        config: CONFIG,
        scratch: folder.at(`${format}-${name}`),
      });
      images.push(await readFile(made));
    }
    expect(images[0]?.equals(images[1] as Buffer)).toBe(true);
  }
});

it('names the package whose modules are missing', async () => {
  await using folder = await testFolder();
  const request = { format: 'arm64-efi', config: CONFIG, scratch: folder.path } as const;
  await expect(makeGrubImage(run, request)).rejects.toMatchObject({
    kind: 'host',
    diagnostics: [
      {
        what: "GRUB's files for arm64-efi are missing.",
        expected: '/usr/lib/grub/arm64-efi/kernel.img',
        hint: 'Install them: apt-get install grub-efi-arm64-bin',
      },
    ],
  });
});
