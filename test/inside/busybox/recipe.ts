/** A recipe of a busybox system that boots over iSCSI. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoaderName } from '../../../artifacts/platform/loader.js';

/** The kernel, and what logs in to the target, with its libraries by name: dependencies are not resolved. */
const INSTALLED = [
  'linux-image-cloud-amd64',
  ...['open-iscsi', 'libopeniscsiusr', 'libkmod2', 'libssl3', 'liblzma5', 'libzstd1', 'libc6'],
];

/** What each boot loader lies in, besides the root. */
const PARTITIONS: Readonly<Record<string, object>> = {
  grub: { name: 'bios', type: 'bios-boot', size: '3M' },
  syslinux: { name: 'fat', type: 'fat', size: '64M' },
  'systemd-boot': { name: 'esp', type: 'esp', size: '64M' },
};

/** Writes it into a new folder `<home>/busybox`, which is returned. */
export async function writeBusyboxRecipe(home: string, loader: LoaderName = 'grub'): Promise<string> {
  const folder = join(home, 'busybox');
  const recipe = {
    name: 'busybox',
    steps: [
      { uses: 'busybox-root' },
      { uses: 'packages', with: { install: INSTALLED } },
      { uses: 'hostname', with: { name: 'tiny' } },
      { uses: 'fstab' },
      {
        uses: 'files',
        with: { files: [{ path: '/etc/motd', content: 'built without a package manager\n' }] },
      },
      { uses: 'run', with: { script: 'busybox | head -n 1 > /etc/busybox-version' } },
      { uses: 'initramfs', with: { compression: 'gzip' } },
      { uses: 'seal' },
    ],
    disk: {
      loader,
      table: loader === 'syslinux' ? 'mbr' : 'gpt',
      partitions: [
        ...[PARTITIONS[loader] ?? []].flat(),
        { name: 'root', type: 'linux', size: 'grow', mount: '/' },
      ],
    },
    kernel: { 'command-line': ['console=ttyS0,115200'] },
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'recipe.yaml'), JSON.stringify(recipe));
  return folder;
}
