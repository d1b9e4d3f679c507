/** The disk of an installer: an MBR with one active partition, as large as its content asks or as the recipe says. */
import { HEAD } from '../../artifacts/formats/disk-check.js';
import { type DiskLayout, planLayout } from '../../artifacts/formats/disk-layout.js';
import { Failure } from '../../base/failure.js';
import { formatSize, MIB } from '../../base/size.js';
import { recipeFatId, recipeUuid } from '../../base/uuid.js';

/** Name of the partition, in the manifest. */
const PARTITION = 'installer';

export interface RoomWish {
  /** The recipe's name, from which all identifiers follow. */
  readonly name: string;
  /** Bytes that the content takes as a FAT file system. */
  readonly content: number;
  /** Bytes that stay free in it. */
  readonly free: number;
  /** Bytes of the LUN; absent: as small as it can be. */
  readonly size: number | undefined;
}

/** @throws Failure of kind `recipe` when the LUN is too small for its content */
export function installerLayout({ name, content, free, size }: RoomWish): DiskLayout {
  const least = Math.ceil((HEAD + content + free) / MIB) * MIB;
  if (size !== undefined && size < least) {
    throw new Failure('recipe', {
      what: `The LUN is ${formatSize(least - size)} too small for the files of the installer.`,
      expected: `\`size\` of at least ${formatSize(least)}, of which ${formatSize(free)} stay free; or none`,
      found: formatSize(size),
    });
  }
  return planLayout({
    table: 'mbr',
    bytes: size ?? least,
    guid: recipeUuid(name, 'disk'),
    partitions: [
      {
        name: PARTITION,
        type: 'fat',
        size: 'rest',
        active: true,
        filesystem: 'vfat',
        guid: recipeUuid(name, `partition/${PARTITION}`),
        filesystemUuid: recipeFatId(name, `filesystem/${PARTITION}`),
      },
    ],
  });
}
