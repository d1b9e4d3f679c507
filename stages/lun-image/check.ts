/** What can be known to fail before anything runs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { grubFolder } from '../../artifacts/formats/grub.js';
import { architectureFacts } from '../../artifacts/platform/pc.js';
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import type { RecipeFacts, StageFinding } from '../../pipeline/stage.js';
import { bootLoaders } from './boot.js';

/** Why the disk could not hold the root tree, if so. */
export function rootFindings({ disk }: Pick<RecipeFacts, 'disk'>): StageFinding[] {
  if (disk.partitions.some(({ mount }) => mount === '/')) return [];
  return [
    {
      path: ['partitions'],
      what: 'No partition is mounted on `/`.',
      hint: 'Give the root partition `mount: /`.',
    },
  ];
}

/** Why the disk could not be made bootable, if so. */
export function loaderFindings(recipe: RecipeFacts): StageFinding[] {
  if (recipe.platform === RASPBERRY_PI.id) return raspberryPiFindings(recipe);
  const { bios, uefi } = bootLoaders(recipe);
  const found: StageFinding[] = [];
  if (bios !== undefined && architectureFacts(recipe.architecture).biosGrub === undefined) {
    found.push({
      path: [],
      what: `A machine of architecture ${recipe.architecture} has no BIOS: the bios-boot partition is of no use.`,
      hint: 'Remove it and use an esp partition.',
    });
  }
  const separate = recipe.disk.partitions.find(({ mount }) => mount === '/boot');
  if (separate !== undefined && (bios !== undefined || uefi !== undefined)) {
    found.push({
      path: [],
      what: `The partition ${separate.name} is mounted at /boot, but GRUB starts the kernel from the root file system.`,
      hint: 'Leave /boot in the root file system.',
    });
  }
  for (const format of [bios, uefi?.format]) {
    if (format === undefined) continue;
    const { path, package: debianPackage } = grubFolder(format);
    if (existsSync(join(path, 'kernel.img'))) continue;
    found.push({
      path: [],
      what: `GRUB's modules for ${format} are not installed on this host.`,
      expected: path,
      hint: `Install them: apt-get install ${debianPackage}`,
    });
  }
  return found;
}

/** No boot loader lies on its LUN; where there is a FAT for the firmware, the table is one that the firmware reads. */
function raspberryPiFindings({ disk }: Pick<RecipeFacts, 'disk'>): StageFinding[] {
  const found = disk.partitions.flatMap(({ name, type }, index): StageFinding[] =>
    type === 'bios-boot' || type === 'esp'
      ? [
          {
            path: ['partitions', index, 'type'],
            what: `A Raspberry Pi has no use for the partition ${name}: its firmware reads no boot loader from the LUN.`,
            hint: 'Remove it.',
          },
        ]
      : [],
  );
  const firmware = disk.partitions.findIndex(({ mount }) => mount === RASPBERRY_PI.folder.inRoot);
  const partition = disk.partitions[firmware];
  if (partition === undefined) return found;
  if (partition.filesystem !== 'vfat') {
    found.push({
      path: ['partitions', firmware, 'filesystem'],
      what: `The firmware of a Raspberry Pi reads FAT only, but ${partition.name} is ${partition.filesystem ?? 'no file system'}.`,
      expected: 'a partition of type `fat`, or none: then the folder is part of the root',
    });
  }
  if (disk.table !== 'mbr') {
    found.push({
      path: ['table'],
      what: 'A Raspberry Pi 3 finds its firmware partition in an MBR only.',
      expected: '`table: mbr`',
      found: disk.table,
    });
  }
  return found;
}
