/** The boot loaders of a LUN image: all of it that knows the kernel command line. */
import { join } from 'node:path';
import type { DiskLayout } from '../../artifacts/formats/disk-layout.js';
import { type FatFile, writeFat } from '../../artifacts/formats/fat.js';
import { biosPlace, embedBiosGrub, type GrubFormat, makeGrubImage } from '../../artifacts/formats/grub.js';
import { grubConfig } from '../../artifacts/formats/grub-config.js';
import type { Ports } from '../../pipeline/ports.js';
import type { RecipeFacts } from '../../pipeline/stage.js';
import { bootLoaders, requireKernel, rootPartition, systemTitle } from './boot.js';
import type { Contents } from './content.js';
import { filesystemUuid } from './file-systems.js';

export interface LoaderSource extends Pick<Ports, 'run'> {
  readonly recipe: RecipeFacts;
  readonly rootfs: string;
  /** A private folder. */
  readonly scratch: string;
  /** Seconds for which the boot menu waits. */
  readonly menuSeconds: number;
}

export interface LinkedLoaders {
  /** Path of GRUB's core image for BIOS. */
  readonly biosCore?: string;
  readonly espFiles: readonly FatFile[];
}

/** Links GRUB for each firmware that the disk is for. @throws Failure of kind `recipe` when the tree has no kernel. */
export async function linkBootLoaders(source: LoaderSource): Promise<LinkedLoaders> {
  const { run, recipe, rootfs, scratch, menuSeconds } = source;
  const { bios, uefi } = bootLoaders(recipe.disk, recipe.architecture);
  if (bios === undefined && uefi === undefined) return { espFiles: [] };
  await requireKernel(rootfs);
  const config = grubConfig({
    title: await systemTitle(rootfs, recipe.name),
    rootUuid: rootPartition(recipe.disk).filesystemUuid,
    commandLine: recipe.kernel.commandLine,
    menuSeconds,
  });
  const link = (format: GrubFormat) => makeGrubImage(run, { format, config, scratch });
  return {
    ...(bios === undefined ? {} : { biosCore: await link(bios) }),
    espFiles: uefi === undefined ? [] : [{ path: uefi.path, source: await link(uefi.format) }],
  };
}

export interface LoaderPlace extends Pick<Ports, 'run'> {
  /** Path of an image that has its partition table. */
  readonly image: string;
  readonly layout: DiskLayout;
  /** With the boot loader's files on the ESP. */
  readonly contents: Contents;
  readonly biosCore: string | undefined;
  /** A private folder. */
  readonly scratch: string;
  /** Seconds since 1970. */
  readonly epoch: number;
}

/** Writes ESPs and GRUB for BIOS into an image. @throws Failure from the tools; `recipe` when GRUB does not fit. */
export async function writeBootLoaders(place: LoaderPlace): Promise<void> {
  const { run, image, layout, contents, biosCore, scratch, epoch } = place;
  for (const partition of layout.partitions) {
    const content = contents.get(partition.name);
    if (partition.type !== 'esp' || content?.kind !== 'vfat') continue;
    await writeFat(run, {
      image,
      offset: partition.offset,
      bytes: partition.bytes,
      scratch: join(scratch, `${partition.name}.fat`),
      label: partition.name,
      volumeId: filesystemUuid(partition),
      epoch,
      files: content.files,
    });
  }
  const bios = biosPlace(layout);
  if (biosCore !== undefined && bios !== undefined) await embedBiosGrub(image, biosCore, bios);
}
