/**
 * debos on the host itself. It has no cache: what does not change is packed once by a recipe of its own. Its own image
 * action needs device nodes of partitions on loop devices, so the image is written as this project does it.
 */
import type { Argv } from '../../base/ports.js';
import { IMAGE_BYTES, type Peer } from './peer.js';

const run = (recipe: string): Argv => ['debos', '--disable-fakemachine', recipe];

export const debos: Peer = {
  name: 'debos',
  needs: ['debootstrap', 'systemd-container', 'e2fsprogs'],
  configuration: ({ suite, mirror, packages }) => ({
    'base.yaml': `architecture: amd64
actions:
  - action: debootstrap
    suite: ${suite}
    variant: minbase
    mirror: ${mirror}
    check-gpg: false
  - action: run
    chroot: true
    command: echo 'deb [trusted=yes] ${mirror} ${suite} main' > /etc/apt/sources.list
  - action: apt
    recommends: false
    packages: [${packages.join(', ')}]
  - action: pack
    file: base.tar
    compression: none
`,
    'image.yaml': `architecture: amd64
actions:
  - action: unpack
    file: base.tar
  - action: overlay
    source: overlay
  - action: run
    command: >-
      rm -f $ARTIFACTDIR/image.img
      && mke2fs -q -t ext4 -d $ROOTDIR $ARTIFACTDIR/image.img ${IMAGE_BYTES / 1024}k
`,
  }),
  changing: 'overlay/srv/last',
  cold: [run('base.yaml'), run('image.yaml')],
  again: [run('image.yaml')],
  image: 'image.img',
  offset: 0,
};
