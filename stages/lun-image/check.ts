/** What can be known to fail before anything runs. */
import { DEFAULT_LOADER } from '../../artifacts/platform/loader.js';
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import type { RecipeFacts, StageFinding } from '../../pipeline/stage.js';
import { firmwareFindings, grubFindings, partitionFindings } from './check-loader.js';

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
  return [
    ...firmwareFindings(recipe),
    ...partitionFindings(recipe),
    ...((recipe.loader ?? DEFAULT_LOADER).name === 'grub' ? grubFindings(recipe) : []),
  ];
}

/** No boot loader lies on its LUN; where there is a FAT for the firmware, the table is one that the firmware reads. */
function raspberryPiFindings({ disk, loader }: Pick<RecipeFacts, 'disk' | 'loader'>): StageFinding[] {
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
  const wish = loader?.firmware === undefined ? 'loader' : 'firmware';
  if (loader !== undefined && (wish === 'firmware' || loader.name !== 'none')) {
    found.push({
      path: [wish],
      what:
        wish === 'loader'
          ? 'A Raspberry Pi starts its kernel without a boot loader.'
          : 'A Raspberry Pi has firmware of its own: neither BIOS nor UEFI.',
      hint: `Remove \`${wish}\`.`,
    });
  }
  for (const [index, { name, filesystem }] of disk.partitions.entries()) {
    if (filesystem !== 'btrfs') continue;
    found.push({
      path: ['partitions', index, 'filesystem'],
      what: `${name} is Btrfs, with which no Raspberry Pi was booted yet.`,
      expected: '`filesystem: ext4`',
      hint: 'Set `filesystem: ext4` there.',
    });
  }
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
