/** A recipe that passes through every phase of a build, with a small kernel so that each try is short. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface SmallRecipe {
  /** Size of the disk. */
  readonly size?: string;
  /** A host name for the image. */
  readonly hostname?: string;
  /** Content of /etc/motd, written by the last step before the seal that may change without the initramfs. */
  readonly motd?: string;
  readonly parameters?: readonly string[];
  /** A command that runs after the packages. */
  readonly command?: string;
}

/** Writes the recipe into a new or existing folder, which is returned. */
export async function writeSmallRecipe(
  home: string,
  name: string,
  wishes: SmallRecipe = {},
): Promise<string> {
  const folder = join(home, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', private: true }));
  await writeFile(join(folder, 'recipe.yaml'), recipeText(name, wishes));
  return folder;
}

function recipeText(name: string, wishes: SmallRecipe): string {
  const { size = '2G', hostname, motd, command, parameters = [] } = wishes;
  const kernel = ['console=ttyS0,115200', 'iscsi_auto', ...parameters];
  return `name: ${name}
description: Every phase of a build, in little time.
architecture: amd64
steps:
  - uses: debootstrap
    with: { suite: bookworm, pockets: [], documentation: false }
  - uses: packages
    with: { install: [linux-image-cloud-amd64, initramfs-tools, open-iscsi, systemd-sysv, udev, busybox, zstd] }
${hostname === undefined ? '' : `  - uses: hostname\n    with: { name: ${hostname} }\n`}\
${command === undefined ? '' : `  - uses: run\n    with: { script: ${JSON.stringify(command)} }\n`}\
  - uses: fstab
  - uses: iscsi-initiator
  - uses: initramfs
${motd === undefined ? '' : `  - uses: files\n    with: { after-initramfs: true, files: [{ path: /etc/motd, content: ${JSON.stringify(motd)} }] }\n`}\
  - uses: seal
disk:
  table: gpt
  size: ${size}
  partitions:
    - { name: bios, type: bios-boot, size: 3M }
    - { name: esp, type: esp, size: 64M }
    - { name: root, type: linux, size: rest, mount: / }
kernel:
  command-line: ${JSON.stringify(kernel)}
`;
}
