/** The files of a LUN image, read without a mount: those of all its ext4 and Btrfs partitions at their mount points. */
import type { FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import { Failure } from '../../../base/failure.js';
import { SECTOR } from '../../formats/disk-layout.js';
import { streamContent } from '../../formats/file-tree/content.js';
import { isReadable, type ReadableFilesystem, readFileTree } from '../../formats/file-tree/read.js';
import type { Volume } from '../../formats/file-tree/volume.js';
import type { Release } from '../release.js';
import { openDisk, type Partition } from '../release-file.js';
import { lunImageOf } from '../roles.js';
import type { Contents, Entry } from './contents.js';

/** A partition that the booted system mounts. */
export type Mounted = Partition & { readonly mount: string };
/** … and whose files can be read. */
type Readable = Mounted & { readonly filesystem: ReadableFilesystem };

/** Parents first. */
function mountedOf({ manifest }: Release): Mounted[] {
  return manifest.disk.partitions
    .filter((each): each is Mounted => each.mount !== undefined)
    .sort((a, b) => (a.mount < b.mount ? -1 : 1));
}

/** Those whose files can be read, parents first. @throws Failure of kind `usage` when the root is none of them */
export function readableOf(release: Release): Readable[] {
  const readable = mountedOf(release).filter((each): each is Readable => isReadable(each.filesystem));
  if (readable.some(({ mount }) => mount === '/')) return readable;
  throw new Failure('usage', {
    what: 'The LUN image of the release has no root that can be read here.',
    expected: 'a partition with ext4 or Btrfs that is mounted on /',
    found:
      release.manifest.disk.partitions
        .map(({ name, filesystem = 'no file system', mount }) =>
          [name, filesystem, mount].filter(Boolean).join(' '),
        )
        .join(', ') || 'no partition',
  });
}

/** The file system of a partition. @param file the LUN image */
export function volumeOf(release: Release, { number, name, firstLba }: Mounted, file: FileHandle): Volume {
  const named = `partition ${number} (${name}) of ${lunImageOf(release.manifest)}`;
  return { file, offset: firstLba * SECTOR, name: named };
}

/** @throws Failure of kind `usage` when none of its file systems can be read, `integrity` for one that is damaged */
export async function openImage(release: Release): Promise<Contents> {
  const readable = readableOf(release);
  const file = await openDisk(release);
  try {
    const entries = new Map<string, Entry>();
    for (const partition of readable) {
      const volume = volumeOf(release, partition, file);
      const { files, inodes } = await readFileTree(volume, partition.filesystem);
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
      .filter(({ filesystem }) => !isReadable(filesystem))
      .map(({ mount, firstLba }) => {
        const offset = firstLba * SECTOR;
        return [mount, `Use mtools: mdir -/ -i ${lunImageOf(release.manifest)}@@${offset} ::`] as const;
      });
    return { entries, unread: new Map(unread), [Symbol.asyncDispose]: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}
