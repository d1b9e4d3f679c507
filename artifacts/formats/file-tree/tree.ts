/** The files of a file system, whichever it is: what each reader makes of its image. */
import type { InodeBlocks } from './content.js';

export type FileType =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'character device'
  | 'block device'
  | 'fifo'
  | 'socket';

/** By the upper four bits of a mode. */
export const TYPES: Readonly<Record<number, FileType>> = {
  0x1: 'fifo',
  0x2: 'character device',
  0x4: 'directory',
  0x6: 'block device',
  0x8: 'file',
  0xa: 'symlink',
  0xc: 'socket',
};

/** The times of an inode, in the order in which it has them. */
export const TIMES = ['access time', 'change time', 'modification time', 'creation time'] as const;
export type TimeName = (typeof TIMES)[number];

export interface FileEntry {
  /** From the file system's root on: `/etc/hosts`; `/` is the root itself. */
  readonly path: string;
  readonly inode: number;
  readonly type: FileType;
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Of a symbolic link. */
  readonly target?: string;
  /** The path as it is, where it is no UTF-8. */
  readonly pathBytes?: Buffer;
  /** The target as it is, where it is no UTF-8. */
  readonly targetBytes?: Buffer;
  /** Major and minor number of a device: `8:1`. */
  readonly device?: string;
  /** Extended attributes as `name=value`, values in hex. */
  readonly attributes: readonly string[];
}

export interface TreeInode extends InodeBlocks {
  readonly type: FileType;
  /** Bytes. */
  readonly size: number;
  /** By {@link TIMES}: nanoseconds since 1970; 0 where the inode has no room for one. */
  readonly times: readonly bigint[];
}

/** The files of a file system, whichever it is. */
export interface FileTree {
  /** All inodes in use by number, the file system's own among them. */
  readonly inodes: ReadonlyMap<number, TreeInode>;
  /** By path. A file with several hard links stands under each. */
  readonly files: ReadonlyMap<string, FileEntry>;
}
