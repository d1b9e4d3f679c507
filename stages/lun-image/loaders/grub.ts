/** GRUB, which reads kernel and initramfs from the file system of /boot, else from the root: for BIOS between table and partitions, for UEFI in the ESP. */
import { bootPartition, pathOnBoot } from '../../../artifacts/formats/disk-spec.js';
import { type GrubFormat, makeGrubImage } from '../../../artifacts/formats/grub.js';
import { grubConfig } from '../../../artifacts/formats/grub-config.js';
import { allSettled } from '../../../base/settled.js';
import { grubLoaders, rootPartition } from '../boot.js';
import type { LinkedLoader, LoaderSource } from './linked.js';

export async function linkGrub({ run, recipe, scratch, config }: LoaderSource): Promise<LinkedLoader> {
  const { bios, uefi } = grubLoaders(recipe);
  const { partitions } = recipe.disk;
  const boot = bootPartition(partitions);
  const modules = boot?.filesystem === 'btrfs' ? ['btrfs'] : [];
  const text = grubConfig({
    ...config,
    uuid: boot?.filesystemUuid ?? rootPartition(recipe.disk).filesystemUuid,
    custom: pathOnBoot(recipe.disk, '/boot/grub/custom.cfg'),
  });
  const link = async (format: GrubFormat | undefined) =>
    format === undefined ? undefined : makeGrubImage(run, { format, config: text, modules, scratch });
  const [biosCore, efi] = await allSettled([link(bios), link(uefi?.format)]);
  return {
    ...(biosCore === undefined ? {} : { biosCore }),
    ...(uefi === undefined || efi === undefined ? {} : { fatFiles: [{ path: uefi.path, source: efi }] }),
  };
}
