/** mkosi with `Incremental=`, which keeps the tree as it is before extra files are copied in. */
import { IMAGE_BYTES, type Peer } from './peer.js';

/** `BuildSources=` empty: it must not hold the other folders. Boot loader and initrd of its own would only take time. */
export const mkosi: Peer = {
  name: 'mkosi',
  needs: ['systemd-repart', 'bubblewrap', 'dosfstools', 'mtools', 'e2fsprogs', 'cpio', 'zstd', 'udev'],
  configuration: ({ suite, mirror, packages }) => ({
    'mkosi.conf': `[Distribution]
Distribution=debian
Release=${suite}
LocalMirror=${mirror}
RepositoryKeyCheck=no
RepositoryKeyFetch=no

[Output]
Format=disk
OutputDirectory=out

[Build]
Incremental=yes
CacheDirectory=cache
WorkspaceDirectory=workspace
PackageCacheDirectory=packages
BuildSources=
WithNetwork=yes

[Content]
Bootable=no
WithDocs=yes
CleanPackageMetadata=no
Packages=
${packages.map((name) => `    ${name}\n`).join('')}`,
    'mkosi.repart/10-root.conf': `[Partition]
Type=root
Format=ext4
CopyFiles=/
SizeMinBytes=${IMAGE_BYTES}
SizeMaxBytes=${IMAGE_BYTES}
`,
    // Folders that have to be there.
    'cache/.keep': '',
    'packages/.keep': '',
    'workspace/.keep': '',
  }),
  changing: 'mkosi.extra/srv/last',
  cold: [['mkosi', '--force', 'build']],
  again: [['mkosi', '--force', 'build']],
  image: 'out/image.raw',
  offset: 1024 ** 2,
};
