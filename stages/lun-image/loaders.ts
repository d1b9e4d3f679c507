/** The boot loaders of a LUN image: all of it that knows the kernel command line. */
import { join } from 'node:path';
import { type DiskLayout, SECTOR } from '../../artifacts/formats/disk-layout.js';
import { type FatFile, makeFat } from '../../artifacts/formats/fat.js';
import { biosPlace, embedBiosGrub, type GrubFormat, makeGrubImage } from '../../artifacts/formats/grub.js';
import { grubConfig } from '../../artifacts/formats/grub-config.js';
import type { Span } from '../../artifacts/formats/ranges.js';
import { copyInto } from '../../artifacts/formats/sparse.js';
import type { Ports } from '../../base/ports.js';
import { allSettled } from '../../base/settled.js';
import type { RecipeFacts, StageContext } from '../../pipeline/stage.js';
import { distributionOf } from '../distribution/distribution.js';
import { bootLoaders, requireKernel, rootPartition, systemTitle } from './boot.js';
import type { Contents } from './content.js';
import { filesystemUuid } from './file-systems.js';

export interface LoaderSource extends Pick<Ports, 'run'> {
  readonly recipe: RecipeFacts;
  readonly distribution: StageContext<unknown>['distribution'];
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
  const { bios, uefi } = bootLoaders(recipe);
  if (bios === undefined && uefi === undefined) return { espFiles: [] };
  const distribution = distributionOf(source);
  await requireKernel(rootfs, distribution);
  const config = grubConfig({
    title: await systemTitle(rootfs, recipe.name),
    rootUuid: rootPartition(recipe.disk).filesystemUuid,
    commandLine: recipe.kernel.commandLine,
    menuSeconds,
    boot: distribution.kernel.boot,
    previous: distribution.kernel.previous,
  });
  const link = async (format: GrubFormat | undefined) =>
    format === undefined ? undefined : makeGrubImage(run, { format, config, scratch });
  const [biosCore, efi] = await allSettled([link(bios), link(uefi?.format)]);
  return {
    ...(biosCore === undefined ? {} : { biosCore }),
    espFiles: uefi === undefined || efi === undefined ? [] : [{ path: uefi.path, source: efi }],
  };
}

/** A file system that belongs at an offset (bytes) of the disk. */
interface MadeEsp {
  readonly file: string;
  readonly offset: number;
}

/**
 * Makes the ESPs in files of their own, for which no image need be there.
 * @param contents with the boot loader's files
 * @throws Failure from the tools
 */
export async function makeEsps(
  { run, scratch, epoch }: Pick<StageContext<unknown>, 'run' | 'scratch' | 'epoch'>,
  layout: DiskLayout,
  contents: Contents,
): Promise<readonly MadeEsp[]> {
  const made: MadeEsp[] = [];
  for (const partition of layout.partitions) {
    const content = contents.get(partition.name);
    if (partition.type !== 'esp' || content?.kind !== 'vfat') continue;
    const { name: label, offset, bytes } = partition;
    const file = join(scratch, `${label}.fat`);
    const volumeId = filesystemUuid(partition);
    await makeFat(run, { offset, bytes, file, label, volumeId, epoch, files: content.files });
    made.push({ file, offset });
  }
  return made;
}

/** Puts ESPs and GRUB for BIOS into an image. @throws Failure of kind `recipe` when GRUB does not fit. */
export async function placeBootLoaders(
  image: string,
  layout: DiskLayout,
  { biosCore }: LinkedLoaders,
  esps: readonly MadeEsp[],
): Promise<void> {
  for (const { file, offset } of esps) await copyInto(file, image, offset);
  const bios = biosPlace(layout);
  if (biosCore !== undefined && bios !== undefined) await embedBiosGrub(image, biosCore, bios);
}

/** What of an image belongs to its boot loaders, sorted; the boot code of sector 0 comes besides. */
export function loaderSpans(layout: DiskLayout): Span[] {
  const bios = biosPlace(layout);
  const places = [
    ...(bios === undefined ? [] : [bios]),
    ...layout.partitions.filter(({ type }) => type === 'esp'),
  ];
  return places
    .map(({ firstLba, sectors }) => ({ start: firstLba * SECTOR, end: (firstLba + sectors) * SECTOR }))
    .sort((a, b) => a.start - b.start);
}
