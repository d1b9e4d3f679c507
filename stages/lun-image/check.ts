/** What can be known to fail before anything runs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { grubFolder } from '../../artifacts/formats/grub.js';
import { architectureFacts } from '../../artifacts/platform/pc.js';
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
  const { bios, uefi } = bootLoaders(recipe.disk, recipe.architecture);
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
