/** Adds files to an unmounted ext4 file system, by debugfs(8), besides those of the tree that it was made from. */
import { rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Ports } from '../../base/ports.js';
import { BLOCK } from './ext4-size.js';

export interface InsertedFile {
  /** Absolute, of letters, digits, `/`, `.`, `-` and `_`; its folder's folder is there. It takes the place of a file of the tree. */
  readonly path: string;
  readonly bytes: Buffer;
  /** Whether it must stay where it lies: nothing in the booted system may write, move or remove it. */
  readonly immutable?: boolean;
}

export interface InsertPlace {
  readonly image: string;
  /** Bytes from the start of the image. */
  readonly offset: number;
  /** Seconds since 1970. */
  readonly epoch: number;
  /** A private folder. */
  readonly scratch: string;
}

/** EXT4_EXTENTS_FL and EXT4_IMMUTABLE_FL (Linux Documentation/filesystems/ext4/inodes.rst). */
const IMMUTABLE = 0x80000 | 0x10;

/** What the files take of a file system: blocks, with one for each folder, and inodes. */
export function insertedSize(files: readonly InsertedFile[]): {
  readonly blocks: number;
  readonly inodes: number;
} {
  const folders = foldersOf(files).length;
  const blocks = files.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / BLOCK), 0);
  return { blocks: blocks + folders, inodes: files.length + folders };
}

/** The commands of debugfs(8), which says of none whether it failed: what was written is to be looked for afterwards. */
export function insertCommands(files: readonly InsertedFile[]): string {
  const lines = [
    ...foldersOf(files).map((folder) => `mkdir ${folder}`),
    ...files.flatMap(({ path, immutable }, index) => [
      `rm ${path}`,
      `write ${sourceName(index)} ${path}`,
      ...(immutable === true ? [`set_inode_field ${path} flags 0x${IMMUTABLE.toString(16)}`] : []),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

/** @throws Failure of kind `tool` or `host` from debugfs */
export async function insertFiles(
  run: Ports['run'],
  { image, offset, epoch, scratch }: InsertPlace,
  files: readonly InsertedFile[],
): Promise<void> {
  // Its words end at a space, and an image's path at a question mark.
  const link = join(scratch, 'insert.img');
  const sources = files.map((_, index) => join(scratch, sourceName(index)));
  try {
    await symlink(image, link);
    for (const [index, { bytes }] of files.entries())
      await writeFile(sources[index] as string, bytes, { mode: 0o644 });
    await run(['debugfs', '-w', '-f', '-', `insert.img?offset=${offset}`], {
      doing: 'add the boot loader’s files to the root file system',
      cwd: scratch,
      input: insertCommands(files),
      env: {
        E2FSPROGS_FAKE_TIME: String(epoch),
        SOURCE_DATE_EPOCH: String(epoch),
        DEBUGFS_PAGER: '__none__',
      },
    });
  } finally {
    for (const path of [link, ...sources]) await rm(path, { force: true });
  }
}

function sourceName(index: number): string {
  return `insert-${index}`;
}

function foldersOf(files: readonly InsertedFile[]): string[] {
  return [...new Set(files.map(({ path }) => dirname(path)))];
}
