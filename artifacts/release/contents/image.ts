/** The files of a LUN image, read without a mount: those of all its ext4 partitions at their mount points. */
import { posix } from 'node:path';
import { Failure } from '../../../base/failure.js';
import { SECTOR } from '../../formats/disk-layout.js';
import { streamContent } from '../../formats/ext4-read/blocks.js';
import { readExt4Tree } from '../../formats/ext4-read/tree.js';
import type { Release } from '../release.js';
import { openDisk, type Partition } from '../release-file.js';
import { lunImageOf } from '../roles.js';
import type { Contents, Entry } from './contents.js';

/** @throws Failure of kind `usage` when none of its file systems can be read, `integrity` for one that is damaged */
export async function openImage(release: Release): Promise<Contents> {
  const { partitions } = release.manifest.disk;
  const mounted = partitions
    .filter((each): each is Partition & { readonly mount: string } => each.mount !== undefined)
    .sort((a, b) => (a.mount < b.mount ? -1 : 1));
  const ext4 = mounted.filter(({ filesystem }) => filesystem === 'ext4');
  if (!ext4.some(({ mount }) => mount === '/')) {
    throw new Failure('usage', {
      what: 'The LUN image of the release has no root that can be read here.',
      expected: 'a partition with ext4 that is mounted on /',
      found:
        partitions
          .map(({ name, filesystem = 'no file system', mount }) =>
            [name, filesystem, mount].filter(Boolean).join(' '),
          )
          .join(', ') || 'no partition',
    });
  }
  const file = await openDisk(release);
  try {
    const entries = new Map<string, Entry>();
    for (const partition of ext4) {
      const name = `partition ${partition.number} (${partition.name}) of ${lunImageOf(release.manifest)}`;
      const volume = { file, offset: partition.firstLba * SECTOR, name };
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
    const unread = mounted
      .filter(({ filesystem }) => filesystem !== 'ext4')
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
