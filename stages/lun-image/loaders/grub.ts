/** GRUB, which reads kernel and initramfs from the root file system: for BIOS between table and partitions, for UEFI in the ESP. */
import { type GrubFormat, makeGrubImage } from '../../../artifacts/formats/grub.js';
import { grubConfig } from '../../../artifacts/formats/grub-config.js';
import { allSettled } from '../../../base/settled.js';
import { grubLoaders, rootPartition } from '../boot.js';
import type { LinkedLoader, LoaderSource } from './linked.js';

export async function linkGrub({ run, recipe, scratch, config }: LoaderSource): Promise<LinkedLoader> {
  const { bios, uefi } = grubLoaders(recipe);
  const text = grubConfig({ ...config, rootUuid: rootPartition(recipe.disk).filesystemUuid });
  const link = async (format: GrubFormat | undefined) =>
    format === undefined ? undefined : makeGrubImage(run, { format, config: text, scratch });
  const [biosCore, efi] = await allSettled([link(bios), link(uefi?.format)]);
  return {
    ...(biosCore === undefined ? {} : { biosCore }),
    ...(uefi === undefined || efi === undefined ? {} : { fatFiles: [{ path: uefi.path, source: efi }] }),
  };
}
