/** The files of a LUN image, read without a mount: those of all its ext4 partitions at their mount points. */
import type { FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import { Failure } from '../../../base/failure.js';
import { SECTOR } from '../../formats/disk-layout.js';
import { streamContent } from '../../formats/ext4-read/blocks.js';
import { readExt4Tree } from '../../formats/ext4-read/tree.js';
import type { Volume } from '../../formats/ext4-read/volume.js';
import type { Release } from '../release.js';
import { openDisk, type Partition } from '../release-file.js';
import { lunImageOf } from '../roles.js';
import type { Contents, Entry } from './contents.js';

/** A partition that the booted system mounts. */
export type Mounted = Partition & { readonly mount: string };

/** Parents first. */
function mountedOf({ manifest }: Release): Mounted[] {
  return manifest.disk.partitions
    .filter((each): each is Mounted => each.mount !== undefined)
    .sort((a, b) => (a.mount < b.mount ? -1 : 1));
}

/** Those whose files can be read, parents first. @throws Failure of kind `usage` when the root is none of them */
export function readableOf(release: Release): Mounted[] {
  const ext4 = mountedOf(release).filter(({ filesystem }) => filesystem === 'ext4');
  if (ext4.some(({ mount }) => mount === '/')) return ext4;
  const btrfs = mountedOf(release).some(({ mount, filesystem }) => mount === '/' && filesystem === 'btrfs');
  throw new Failure('usage', {
    what: 'The LUN image of the release has no root that can be read here.',
    expected: 'a partition with ext4 that is mounted on /',
    found:
      release.manifest.disk.partitions
        .map(({ name, filesystem = 'no file system', mount }) =>
          [name, filesystem, mount].filter(Boolean).join(' '),
        )
        .join(', ') || 'no partition',
    ...(btrfs
      ? { hint: 'Btrfs is not read here: look at the system that it boots (`npx lunsmith boot`).' }
      : {}),
  });
}

/** The file system of a partition. @param file the LUN image */
export function volumeOf(release: Release, { number, name, firstLba }: Mounted, file: FileHandle): Volume {
  const named = `partition ${number} (${name}) of ${lunImageOf(release.manifest)}`;
  return { file, offset: firstLba * SECTOR, name: named };
}

/** @throws Failure of kind `usage` when none of its file systems can be read, `integrity` for one that is damaged */
export async function openImage(release: Release): Promise<Contents> {
  const ext4 = readableOf(release);
  const file = await openDisk(release);
  try {
    const entries = new Map<string, Entry>();
    for (const partition of ext4) {
      const volume = volumeOf(release, partition, file);
      const { files, inodes } = await readExt4Tree(volume);
      for (const { path, inode, type, mode, uid, gid, size, target, device } of files.values()) {
        const at = posix.join(partition.mount, path);
        const node = inodes.get(inode);
        entries.set(at, {
          path: at,
          ...{ type, mode, uid, gid, size },
          ...(target === undefined ? {} : { target }),
          ...(device === undefined ? {} : { device }),
          ...(type !== 'file' || node === undefined
            ? {}
            : { content: () => streamContent(volume, size, node) }),
        });
      }
    }
    const unread = mountedOf(release)
      .filter(({ filesystem }) => filesystem !== 'ext4')
      .map(({ mount, firstLba, filesystem }) => {
        const offset = firstLba * SECTOR;
        const instead =
          filesystem === 'btrfs'
            ? 'Btrfs is not read here: look at the system that it boots (`npx lunsmith boot`).'
            : `Use mtools: mdir -/ -i ${lunImageOf(release.manifest)}@@${offset} ::`;
        return [mount, instead] as const;
      });
    return { entries, unread: new Map(unread), [Symbol.asyncDispose]: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}
