/** Why a PC would not start from the disk, as far as that can be known before anything runs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bootPartition } from '../../artifacts/formats/disk-spec.js';
import { type GrubFormat, grubFolder } from '../../artifacts/formats/grub.js';
import { DEFAULT_LOADER, LOADER_FIRMWARE, LOADER_TITLES } from '../../artifacts/platform/loader.js';
import { architectureFacts, type PcFirmware } from '../../artifacts/platform/pc.js';
import type { RecipeFacts, StageFinding } from '../../pipeline/stage.js';
import { grubLoaders } from './boot.js';
import { loaderFats, startedBy } from './loader.js';

const FIRMWARE_WORDS: Readonly<Record<PcFirmware, string>> = { bios: 'a BIOS', uefi: 'UEFI' };

/** Firmware that the recipe asks for by name, and its loader is not for. */
export function firmwareFindings(recipe: RecipeFacts): StageFinding[] {
  const { name, firmware = [] } = recipe.loader ?? DEFAULT_LOADER;
  if (name === 'none') return [];
  const title = LOADER_TITLES[name];
  return firmware.flatMap((each, index): StageFinding[] => {
    if (!LOADER_FIRMWARE[name].includes(each)) {
      const others = Object.entries(LOADER_FIRMWARE).flatMap(([other, can]) =>
        firmware.every((one) => can.includes(one)) ? [`\`loader: ${other}\``] : [],
      );
      return [
        {
          path: ['firmware', index],
          what: `${title} does not start on machines with ${FIRMWARE_WORDS[each]}.`,
          expected: LOADER_FIRMWARE[name].join(' or '),
          found: each,
          hint: `Use ${others.join(' or ')}, or leave ${each} out.`,
        },
      ];
    }
    if (startedBy(recipe).includes(each)) return [];
    return [
      {
        path: ['firmware', index],
        what: `The disk has no room for ${title} on machines with ${FIRMWARE_WORDS[each]}.`,
        expected:
          each === 'uefi' ? 'a partition of type `esp`' : 'a partition of type `bios-boot`, or `table: mbr`',
        hint: `Add it, or leave ${each} out.`,
      },
    ];
  });
}

/** Partitions that the loader needs, and those from which it could not read the kernel. */
export function partitionFindings(recipe: RecipeFacts): StageFinding[] {
  const { disk } = recipe;
  const { name } = recipe.loader ?? DEFAULT_LOADER;
  const title = LOADER_TITLES[name];
  const found: StageFinding[] = [];
  const boot = disk.partitions.findIndex(({ mount }) => mount === '/boot');
  const filesystem = disk.partitions[boot]?.filesystem;
  const linux = bootPartition(disk.partitions)?.filesystem;
  const readsBoot = name === 'extlinux' || (name === 'grub' && startedBy(recipe).length > 0);
  if (boot >= 0 && filesystem !== 'ext4' && filesystem !== 'btrfs' && readsBoot) {
    found.push({
      path: ['partitions', boot, 'mount'],
      what: `${title} finds the kernel of /boot by links, which ${filesystem ?? 'no file system'} has not.`,
      expected: 'a partition of `type: linux` for /boot, or none',
      hint: 'An EFI system partition is mounted on /boot/efi.',
    });
  }
  if (name === 'extlinux' && linux === 'btrfs') {
    found.push({
      path: [
        'partitions',
        disk.partitions.findIndex((each) => each === bootPartition(disk.partitions)),
        'filesystem',
      ],
      what: 'EXTLINUX is put into an unmounted ext4; into Btrfs it goes only while that is mounted.',
      expected: '`filesystem: ext4`, or `loader: grub`',
      hint: 'Use `loader: grub`, which reads Btrfs, or a /boot of its own with ext4.',
    });
  }
  if ((name === 'syslinux' || name === 'systemd-boot') && loaderFats(recipe).length === 0) {
    const [type, whose] = name === 'syslinux' ? ['fat', 'its boot sector'] : ['esp', 'UEFI'];
    found.push({
      path: ['partitions'],
      what: `${title} has no place: ${whose} reads FAT only, and the disk has no ${name === 'syslinux' ? 'FAT file system' : 'EFI system partition'}.`,
      expected: `a partition of type \`${type}\` with room for kernel and initramfs, such as 128M`,
      hint:
        name === 'syslinux'
          ? 'Add one, or use `loader: extlinux`, which lies in the root file system.'
          : 'Add one.',
    });
  }
  return found;
}

/** What the host lacks of GRUB, and a partition of no use. */
export function grubFindings(recipe: RecipeFacts): StageFinding[] {
  const { bios, uefi } = grubLoaders(recipe);
  const found: StageFinding[] = [];
  if (bios !== undefined && architectureFacts(recipe.architecture).biosGrub === undefined) {
    found.push({
      path: [],
      what: `A machine of architecture ${recipe.architecture} has no BIOS: the bios-boot partition is of no use.`,
      hint: 'Remove it and use an esp partition.',
    });
  }
  return [
    ...found,
    ...[bios, uefi?.format].flatMap((format) => (format === undefined ? [] : grubModules(format))),
  ];
}

/** Whether the host has what GRUB is linked of. */
export function grubModules(format: GrubFormat): StageFinding[] {
  const { path, package: debianPackage } = grubFolder(format);
  if (existsSync(join(path, 'kernel.img'))) return [];
  return [
    {
      path: [],
      what: `GRUB's modules for ${format} are not installed on this host.`,
      expected: path,
      hint: `Install them: apt-get install ${debianPackage}`,
    },
  ];
}
