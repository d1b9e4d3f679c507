/** What a recipe's boot loader needs of the host, besides what every image does. */
import { bootCodePath, SYSLINUX_PACKAGE } from '../../artifacts/formats/syslinux/install.js';
import { DEFAULT_LOADER } from '../../artifacts/platform/loader.js';
import { architectureFacts } from '../../artifacts/platform/pc.js';
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import type { RecipeFacts, ToolNeed } from '../../pipeline/stage.js';

export function loaderTools({ platform, architecture, disk, loader }: RecipeFacts): readonly ToolNeed[] {
  if (platform === RASPBERRY_PI.id) return [];
  switch ((loader ?? DEFAULT_LOADER).name) {
    case 'grub':
      return [{ name: 'grub-mkimage', package: 'grub-common' }];
    case 'extlinux':
      return [...syslinux(disk.table), { name: 'debugfs', package: 'e2fsprogs' }];
    case 'syslinux':
      return syslinux(disk.table);
    case 'systemd-boot': {
      const { path, package: debianPackage } = architectureFacts(architecture).systemdBoot;
      return [{ name: path, package: debianPackage }];
    }
    case 'none':
      return [];
  }
}

function syslinux(table: RecipeFacts['disk']['table']): ToolNeed[] {
  return ['syslinux', bootCodePath(table)].map((name) => ({ name, package: SYSLINUX_PACKAGE }));
}
