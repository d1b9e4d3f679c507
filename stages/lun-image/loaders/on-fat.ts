/**
 * Boot loaders that read nothing but FAT, so that kernel and initramfs lie there too: SYSLINUX for BIOS, systemd-boot for UEFI.
 * They are those of the release, whatever a client upgrades in its root.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FatFile } from '../../../artifacts/formats/fat.js';
import type { LoaderConfig } from '../../../artifacts/formats/loader-config.js';
import { syslinuxConfig } from '../../../artifacts/formats/syslinux/config.js';
import { readBootCode } from '../../../artifacts/formats/syslinux/install.js';
import { systemdBootConfig } from '../../../artifacts/formats/systemd-boot.js';
import { architectureFacts } from '../../../artifacts/platform/pc.js';
import { rootTree } from '../../rootfs/tree.js';
import type { LinkedLoader, LoaderSource } from './linked.js';

const KERNEL = 'vmlinuz';
const INITRAMFS = 'initrd.img';
/** The folder of SYSLINUX's files. */
export const SYSLINUX_FOLDER = 'syslinux';

export async function linkSyslinux(source: LoaderSource): Promise<LinkedLoader> {
  const config = syslinuxConfig(onFat(source.config));
  return {
    bootCode: await readBootCode(source.recipe.disk.table),
    fatFiles: [
      ...(await kernelFiles(source)),
      await textFile(source, `${SYSLINUX_FOLDER}/syslinux.cfg`, config),
    ],
  };
}

export async function linkSystemdBoot(source: LoaderSource): Promise<LinkedLoader> {
  const { efiBootFile, systemdBoot } = architectureFacts(source.recipe.architecture);
  const texts = [...systemdBootConfig(onFat(source.config))];
  return {
    fatFiles: [
      ...(await kernelFiles(source)),
      { path: efiBootFile, source: systemdBoot.path },
      ...(await Promise.all(texts.map(([path, text]) => textFile(source, path, text)))),
    ],
  };
}

function onFat({ previous: _, ...config }: LoaderConfig): LoaderConfig {
  return { ...config, boot: { kernel: `/${KERNEL}`, initramfs: `/${INITRAMFS}` } };
}

async function kernelFiles({ distribution, rootfs }: LoaderSource): Promise<FatFile[]> {
  const { kernel, initramfs } = await distribution.kernel.find(rootTree(rootfs));
  return [
    { path: KERNEL, source: kernel },
    { path: INITRAMFS, source: initramfs },
  ];
}

async function textFile({ scratch }: LoaderSource, path: string, text: string): Promise<FatFile> {
  const source = join(scratch, path.replaceAll('/', '-'));
  await writeFile(source, text);
  return { path, source };
}
