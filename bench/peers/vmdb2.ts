/** vmdb2 with its tarball of the root as the cache. It needs device-mapper for the partitions of the image. */
import { open } from 'node:fs/promises';
import type { Argv } from '../../base/ports.js';
import { IMAGE_BYTES, type Peer } from './peer.js';

const RUN: Argv = ['vmdb2', '--output', 'image.img', '--rootfs-tarball', 'root.tar.gz', 'image.yaml'];

export const vmdb2: Peer = {
  name: 'vmdb2',
  needs: ['debootstrap', 'parted', 'kpartx', 'qemu-utils', 'zerofree', 'e2fsprogs'],
  // Opening it loads the kernel's module, if there is one. kpartx by itself would leave a loop device behind.
  obstacle: async () => {
    try {
      await (await open('/dev/mapper/control', 'r+')).close();
      return undefined;
    } catch {
      return 'kpartx needs device-mapper, which this kernel does not have';
    }
  },
  configuration: ({ suite, mirror, packages }) => ({
    'image.yaml': `steps:
  - mkimg: "{{ output }}"
    size: ${IMAGE_BYTES / 1024 ** 3}G
  - mklabel: gpt
    device: "{{ output }}"
  - mkpart: primary
    device: "{{ output }}"
    start: 1MiB
    end: 100%
    tag: root
  - kpartx: "{{ output }}"
  - mkfs: ext4
    partition: root
  - mount: root
  - unpack-rootfs: root
  # The mirror is not signed, and apt reads it whatever is cached.
  - create-dir: /etc/apt/apt.conf.d
    unless: rootfs_unpacked
  - create-file: /etc/apt/apt.conf.d/99unsigned
    contents: 'Acquire::AllowInsecureRepositories "true";'
    unless: rootfs_unpacked
  - debootstrap: ${suite}
    mirror: ${mirror}
    variant: minbase
    include: [${packages.join(', ')}]
    target: root
    require_empty_target: false
    unless: rootfs_unpacked
  - cache-rootfs: root
    unless: rootfs_unpacked
  - copy-file: /srv/last
    src: last
`,
  }),
  changing: 'last',
  cold: [RUN],
  again: [RUN],
  image: 'image.img',
  offset: 1024 ** 2,
};
