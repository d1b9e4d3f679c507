/** The boot loader of a LUN image: all of it that knows the kernel command line. */
import { join } from 'node:path';
import { type DiskLayout, SECTOR } from '../../artifacts/formats/disk-layout.js';
import { pathOnBoot } from '../../artifacts/formats/disk-spec.js';
import { makeFat } from '../../artifacts/formats/fat.js';
import { biosPlace, embedBiosGrub } from '../../artifacts/formats/grub.js';
import { type LoaderEntry, serialPort } from '../../artifacts/formats/loader-config.js';
import type { Span } from '../../artifacts/formats/ranges.js';
import { copyInto, writeAt } from '../../artifacts/formats/sparse.js';
import { installSyslinux } from '../../artifacts/formats/syslinux/install.js';
import { DEFAULT_LOADER, type LoaderName } from '../../artifacts/platform/loader.js';
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import type { Ports } from '../../base/ports.js';
import type { RecipeFacts, StageContext } from '../../pipeline/stage.js';
import { commandLines, rootParameters } from '../boot-artifacts/command-line.js';
import { distributionOf } from '../distribution/distribution.js';
import { grubLoaders, kernelPaths, requireKernel, systemTitle } from './boot.js';
import type { Contents } from './content.js';
import { filesystemUuid } from './file-systems.js';
import { loaderFats, remadeFats } from './loader.js';
import { linkExtlinux } from './loaders/extlinux.js';
import { linkGrub } from './loaders/grub.js';
import type { LinkedLoader, LoaderSource } from './loaders/linked.js';
import { linkSyslinux, linkSystemdBoot, SYSLINUX_FOLDER } from './loaders/on-fat.js';

export interface LinkRequest extends Pick<Ports, 'run'> {
  readonly recipe: RecipeFacts;
  readonly distribution: StageContext<unknown>['distribution'];
  readonly rootfs: string;
  /** A private folder. */
  readonly scratch: string;
  /** Seconds for which the boot menu waits. */
  readonly menuSeconds: number;
}

const LINKS: Readonly<Record<Exclude<LoaderName, 'none'>, (source: LoaderSource) => Promise<LinkedLoader>>> =
  {
    grub: linkGrub,
    extlinux: linkExtlinux,
    syslinux: linkSyslinux,
    'systemd-boot': linkSystemdBoot,
  };

/** Links the recipe's boot loader. @throws Failure of kind `recipe` when the tree has no kernel. */
export async function linkBootLoader(request: LinkRequest): Promise<LinkedLoader> {
  const { recipe, rootfs, menuSeconds } = request;
  const { name } = recipe.loader ?? DEFAULT_LOADER;
  if (name === 'none' || !needsLoader(recipe)) return {};
  const distribution = distributionOf(request);
  const { boot, previous } = kernelPaths(recipe.disk, distribution);
  await requireKernel(rootfs, boot, distribution);
  const { commandLine } = recipe.kernel;
  const onBoot = ({ kernel, initramfs }: LoaderEntry) => ({
    kernel: pathOnBoot(recipe.disk, kernel),
    initramfs: pathOnBoot(recipe.disk, initramfs),
  });
  const config = {
    title: await systemTitle(rootfs, recipe.name),
    parameters: commandLines(rootParameters(recipe.disk), commandLine).san,
    menuSeconds,
    boot: onBoot(boot),
    previous: previous === undefined ? undefined : onBoot(previous),
    serial: serialPort(commandLine),
  };
  return LINKS[name]({ ...request, distribution, config });
}

/** The firmware of a Raspberry Pi starts the kernel itself, and a disk without room for GRUB has none. */
function needsLoader(recipe: RecipeFacts): boolean {
  if (recipe.platform === RASPBERRY_PI.id) return false;
  if ((recipe.loader ?? DEFAULT_LOADER).name !== 'grub') return true;
  const { bios, uefi } = grubLoaders(recipe);
  return bios !== undefined || uefi !== undefined;
}

/** A file system that belongs at an offset (bytes) of the disk. */
interface MadeFat {
  readonly file: string;
  readonly offset: number;
}

/**
 * Makes the file systems that go with the boot loader in files of their own, for which no image need be there.
 * @param contents with the boot loader's files
 * @throws Failure from the tools
 */
export async function makeLoaderFats(
  { run, recipe, scratch, epoch }: Pick<StageContext<unknown>, 'run' | 'recipe' | 'scratch' | 'epoch'>,
  layout: DiskLayout,
  contents: Contents,
): Promise<readonly MadeFat[]> {
  const made: MadeFat[] = [];
  const remade = remadeFats(recipe);
  for (const partition of layout.partitions) {
    const content = contents.get(partition.name);
    if (!remade.has(partition.name) || content?.kind !== 'vfat') continue;
    const { name: label, offset, bytes } = partition;
    const file = join(scratch, `${label}.fat`);
    const volumeId = filesystemUuid(partition);
    await makeFat(run, { offset, bytes, file, label, volumeId, epoch, files: content.files });
    if (recipe.loader?.name === 'syslinux' && loaderFats(recipe).includes(label))
      await installSyslinux(run, { file, directory: `/${SYSLINUX_FOLDER}`, epoch });
    made.push({ file, offset });
  }
  return made;
}

/** Puts file systems and code of a boot loader into an image. @throws Failure of kind `recipe` when GRUB does not fit. */
export async function placeBootLoader(
  image: string,
  layout: DiskLayout,
  { biosCore, bootCode }: LinkedLoader,
  fats: readonly MadeFat[],
): Promise<void> {
  for (const { file, offset } of fats) await copyInto(file, image, offset);
  const bios = biosPlace(layout);
  if (biosCore !== undefined && bios !== undefined) await embedBiosGrub(image, biosCore, bios);
  if (bootCode !== undefined) await writeAt(image, 0, bootCode);
}

/**
 * What of an image belongs to its boot loader, sorted; the boot code of sector 0 comes besides.
 * @param config where a configuration lies in the root file system
 */
export function loaderSpans(
  recipe: Pick<RecipeFacts, 'disk' | 'loader'>,
  layout: DiskLayout,
  config: readonly Span[],
): Span[] {
  const bios = biosPlace(layout);
  const remade = remadeFats(recipe);
  const places = [
    ...(bios === undefined ? [] : [bios]),
    ...layout.partitions.filter(({ name }) => remade.has(name)),
  ];
  return [
    ...places.map(({ firstLba, sectors }) => ({
      start: firstLba * SECTOR,
      end: (firstLba + sectors) * SECTOR,
    })),
    ...config,
  ].sort((a, b) => a.start - b.start);
}
