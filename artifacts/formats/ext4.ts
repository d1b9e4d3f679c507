/** ext4 file systems, populated unmounted by mke2fs(8), straight into an image at an offset. */
import type { Argv, Ports } from '../../base/ports.js';
import { type InsertedFile, insertFiles } from './ext4-insert.js';
import { BLOCK, type Ext4Geometry, INODE_SIZE } from './ext4-size.js';
import { setExt4Times } from './ext4-times.js';
import type { TopDirectory } from './tree-size.js';

/**
 * All features by name, so that the host's mke2fs.conf decides nothing. Left out are those that GRUB 2.06 cannot read:
 * metadata_csum_seed and orphan_file.
 */
const FEATURES = [
  'none',
  'has_journal',
  'ext_attr',
  'resize_inode',
  'dir_index',
  'filetype',
  'extent',
  '64bit',
  'flex_bg',
  'sparse_super',
  'large_file',
  'huge_file',
  'dir_nlink',
  'extra_isize',
  'metadata_csum',
] as const;

export interface Ext4Place {
  readonly image: string;
  /** Bytes from the start of the image. */
  readonly offset: number;
}

export interface Ext4Request extends Ext4Place {
  readonly geometry: Ext4Geometry;
  /** At most 16 bytes. */
  readonly label: string;
  readonly uuid: string;
  readonly reservedPercent: number;
  /** Directory whose content becomes the root; owners, modes, hard links and extended attributes are kept. */
  readonly tree: string;
  /** Mode and owner of the root. Default: 0755, of root, whatever those of the directory are. */
  readonly top?: TopDirectory | undefined;
  /** Seconds since 1970: every time but older modification times. */
  readonly epoch: number;
  /** Files besides those of the tree. @see insertFiles */
  readonly inserted?: { readonly files: readonly InsertedFile[]; readonly scratch: string };
}

/** The command that makes and fills a file system in a hole of an image. */
export function mke2fsArgv(request: Ext4Request): Argv {
  const { image, offset, geometry, label, uuid, reservedPercent, tree } = request;
  // mke2fs heeds only the last -E.
  const extended = [
    `offset=${offset}`,
    `hash_seed=${uuid}`,
    'root_owner=0:0',
    // The image is a hole, that is, zeros: tables and journal need no writing, now or by the kernel after the first boot.
    'assume_storage_prezeroed=1',
    'nodiscard',
  ];
  return [
    'mke2fs',
    '-q',
    '-F',
    // The type that needs no word in mke2fs.conf, which is kept out: the features make it ext4.
    ...['-t', 'ext2'],
    ...['-T', 'default'],
    ...['-b', String(BLOCK)],
    ...['-I', String(INODE_SIZE)],
    ...['-N', String(geometry.inodes)],
    ...['-J', `size=${geometry.journalMib}`],
    ...['-m', String(reservedPercent)],
    ...['-e', 'remount-ro'],
    ...['-O', FEATURES.join(',')],
    ...['-L', label.slice(0, 16)],
    ...['-U', uuid],
    ...['-E', extended.join(',')],
    ...['-d', tree],
    image,
    String(geometry.blocks),
  ];
}

/**
 * Makes and fills a file system; the same request gives the same bytes.
 * @throws Failure of kind `tool`, `host`, `space` or `interrupted` from mke2fs.
 */
export async function writeExt4(run: Ports['run'], request: Ext4Request): Promise<void> {
  await run(mke2fsArgv(request), {
    doing: `create the ext4 file system ${request.label}`,
    env: {
      E2FSPROGS_FAKE_TIME: String(request.epoch),
      SOURCE_DATE_EPOCH: String(request.epoch),
      MKE2FS_CONFIG: '/dev/null',
    },
  });
  const { inserted } = request;
  if (inserted !== undefined && inserted.files.length > 0)
    await insertFiles(run, { ...request, scratch: inserted.scratch }, inserted.files);
  await setExt4Times(request.image, request.offset, request.epoch, request.top);
}
