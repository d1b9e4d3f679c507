/**
 * Files that are the same in two entries are hard links of one file: a kernel and an initramfs do not change with every
 * release. Since no file of the store is written to again, they cannot be told from copies.
 */
import { link, lstat, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The content of another entry, and the files that its record names. */
export interface Earlier {
  /** Absolute path. */
  readonly folder: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

/**
 * What is larger is a disk image, which differs as soon as anything does: reading it a second time would make each build
 * wait, and hardly ever be of use.
 */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * Replaces files of a folder that is not in the store yet by hard links to those of an earlier entry, where path, owner, mode and every
 * byte are the same. What a record says of the other file does not count: if that was damaged since, it differs from ours.
 * Whatever is in the way, be it that the other was removed just now or has too many hard links, ours stays as it is.
 * @param aside a free path on the same file system that no other process uses
 */
export async function shareFiles(folder: string, earlier: Earlier, aside: string): Promise<void> {
  for (const { path, bytes } of earlier.files) {
    if (bytes === 0 || bytes >= MOST_BYTES) continue;
    const own = join(folder, path);
    try {
      if ((await lstat(own)).size !== bytes) continue;
      await link(join(earlier.folder, path), aside);
      // Looked at by its new name: under the old one there may be another file by now.
      if (await isSame(own, aside)) await rename(aside, own);
    } catch {
      // It takes room twice, that is all.
    } finally {
      await rm(aside, { force: true });
    }
  }
}

async function isSame(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([lstat(one), lstat(other)]);
  const alike = a.mode === b.mode && a.uid === b.uid && a.gid === b.gid && a.size === b.size;
  return a.isFile() && alike && (await sameBytes(one, other));
}

/** Bytes that are compared at a time. */
const CHUNK = 1024 * 1024;

async function sameBytes(one: string, other: string): Promise<boolean> {
  await using a = await open(one);
  await using b = await open(other);
  const [mine, theirs] = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)];
  for (let at = 0; ; ) {
    const [left, right] = await Promise.all([a.read(mine, 0, CHUNK, at), b.read(theirs, 0, CHUNK, at)]);
    if (left.bytesRead !== right.bytesRead) return false;
    if (left.bytesRead === 0) return true;
    if (!mine.subarray(0, left.bytesRead).equals(theirs.subarray(0, left.bytesRead))) return false;
    at += left.bytesRead;
  }
}
