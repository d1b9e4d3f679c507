/** A recipe of which tests look at the packages alone. */

/** @param base `debootstrap` or `pacstrap`, with its options as YAML @param install names, separated by commas */
export function packagesRecipe(base: string, install: string, architecture = 'amd64'): string {
  return `name: demo
architecture: ${architecture}
steps:
  - ${base}
  - uses: packages
    with: { install: [${install}] }
  - uses: initramfs
  - uses: seal
disk:
  size: 1G
  partitions:
    - { name: bios, type: bios-boot, size: 3M }
    - { name: root, type: linux, size: rest, mount: / }
kernel:
  command-line: ['console=ttyS0']
`;
}
