/** Which boot loaders a disk needs, and whether its tree can be booted at all. */

import { type DiskSpec, hasOwnBoot, type PartitionSpec } from '../../artifacts/formats/disk-spec.js';
import { architectureFacts } from '../../artifacts/platform/pc.js';
import type { ArchitectureFacts } from '../../artifacts/platform/platform.js';
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import { Failure } from '../../base/failure.js';
import type { RecipeFacts } from '../../pipeline/stage.js';
import type { Distribution } from '../distribution/distribution.js';
import { packageNames } from '../distribution/roles.js';
import type { BootPair } from '../distribution/topics.js';
import { rootTree } from '../rootfs/tree.js';
import { startedBy, wantedFirmware } from './loader.js';

export interface GrubLoaders {
  /** For BIOS: by its BIOS-boot partition, or in the gap after an MBR. */
  readonly bios?: 'i386-pc';
  /** For UEFI: a file of the ESP. */
  readonly uefi?: { readonly format: ArchitectureFacts['uefiGrub']; readonly path: string };
}

/** GRUB for each firmware that the release is for, where the disk has room for it. */
export function grubLoaders(
  recipe: Pick<RecipeFacts, 'disk' | 'platform' | 'architecture' | 'loader'>,
): GrubLoaders {
  // The firmware of a Raspberry Pi starts the kernel itself.
  if (recipe.platform === RASPBERRY_PI.id) return {};
  const { uefiGrub, efiBootFile } = architectureFacts(recipe.architecture);
  const started = startedBy(recipe).filter((firmware) => wantedFirmware(recipe).includes(firmware));
  return {
    ...(started.includes('bios') ? { bios: 'i386-pc' } : {}),
    ...(started.includes('uefi') ? { uefi: { format: uefiGrub, path: efiBootFile } } : {}),
  };
}

/** The partition that is mounted as `/`. @throws Failure of kind `recipe` when there is none. */
export function rootPartition(disk: DiskSpec): PartitionSpec & { readonly filesystemUuid: string } {
  const root = disk.partitions.find(({ mount }) => mount === '/');
  if (root?.filesystemUuid === undefined) {
    throw new Failure('recipe', {
      what: 'The disk has no root file system.',
      expected: 'one partition with `mount: /`',
      hint: 'Give the root partition `mount: /`.',
    });
  }
  return { ...root, filesystemUuid: root.filesystemUuid };
}

/** Paths of the tree that a boot loader loads, and those of the kernel before. */
export function kernelPaths(disk: DiskSpec, { kernel }: Pick<Distribution, 'kernel'>) {
  const { boot, previous } = hasOwnBoot(disk) ? (kernel.ownBoot ?? kernel) : kernel;
  return { boot, previous };
}

/** @throws Failure of kind `recipe` when a boot loader would not find a kernel and an initramfs in the tree. */
export async function requireKernel(
  rootfs: string,
  { kernel: boot, initramfs }: BootPair,
  { kernel, software }: Pick<Distribution, 'kernel' | 'software'>,
): Promise<void> {
  const tree = rootTree(rootfs);
  for (const path of [boot, initramfs]) {
    if (await tree.exists(path)) continue;
    const names = packageNames(software, 'kernel');
    throw new Failure('recipe', {
      what: `The root tree cannot be booted: ${path} is missing.`,
      expected: `${path}, ${kernel.expected}`,
      hint: `Install a kernel${names === undefined ? '' : ` (${names})`} and make its initramfs (\`uses: initramfs\`) before the image is written.`,
    });
  }
}

/** What the boot menu calls the system: os-release(5)'s PRETTY_NAME, else `fallback`. */
export async function systemTitle(rootfs: string, fallback: string): Promise<string> {
  const text = (await rootTree(rootfs).read('/etc/os-release')) ?? '';
  const title = /^PRETTY_NAME=(["']?)(.+)\1$/m.exec(text)?.[2];
  const plain = title?.replaceAll(/[^\x20-\x7e]/g, '');
  return plain === undefined || plain === '' ? fallback : plain;
}
