/**
 * Files that may come from anywhere: a pipe among them would hang its reader for ever, a device be read, a link lead
 * elsewhere, a file of any size fill the memory. What is opened here is a regular file, and what is read is bounded.
 */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { Failure, type FailureKind } from './failure.js';

export interface OpenOptions {
  /** How messages name it. Default: the path. */
  readonly shown?: string;
  /** What a file of another kind is. Default `integrity`. */
  readonly kind?: FailureKind;
  /** Whether a symbolic link under the name is followed: a user's own files may be links. Default false. */
  readonly follow?: boolean;
}

/**
 * Opens a regular file for reading.
 * @param flags of open(2) besides
 * @throws Failure of the kind when it is something else; the error of open(2), such as `ENOENT`, when there is nothing
 */
export async function openRegular(path: string, options: OpenOptions = {}, flags = 0): Promise<FileHandle> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  // Without O_NONBLOCK opening a pipe blocks until it has a writer.
  const all = O_RDONLY | O_NONBLOCK | flags | (options.follow === true ? 0 : O_NOFOLLOW);
  let file: FileHandle;
  try {
    file = await open(path, all);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A link that is not followed, a socket, a device without a driver.
    if (code === 'ELOOP' || code === 'ENXIO') throw notRegular(path, options, await kindOf(path));
    throw error;
  }
  try {
    const found = await file.stat();
    if (found.isFile()) return file;
    throw notRegular(path, options, words(found));
  } catch (error) {
    await file.close();
    throw error;
  }
}

export interface ReadOptions extends OpenOptions {
  /** Bytes that it may have. */
  readonly most: number;
}

/** The bytes of a regular file. @throws as {@link openRegular}, and Failure of the kind when it is larger */
export async function readRegular(path: string, options: ReadOptions): Promise<Buffer> {
  const { most, shown = path, kind = 'integrity' } = options;
  const file = await openRegular(path, options);
  try {
    const { size } = await file.stat();
    // One byte more than it says, so that a file that grows meanwhile is noticed; those of /proc say 0.
    const buffer = Buffer.alloc(Math.min(Math.max(size, 4096), most) + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) return buffer.subarray(0, length);
      length += bytesRead;
    }
    throw new Failure(kind, {
      what: `${shown} is too large.`,
      expected: `at most ${most} bytes`,
      found: size > most ? `${size} bytes` : 'more bytes than it had when it was opened',
    });
  } finally {
    await file.close();
  }
}

/** The first bytes of a file, fewer where it is shorter; a link is followed. @throws what open(2) says */
export async function readHead(path: string, most: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(most), 0, most, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** @throws Failure of kind `usage` when there is something at a path where a file is to be made */
export async function requireNothing(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there === undefined) return;
  throw new Failure('usage', {
    what: `${path} is there already.`,
    expected: 'a new file',
    hint: 'Remove it, or name another.',
  });
}

interface Kinds {
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

async function kindOf(path: string): Promise<string> {
  return lstat(path).then(words, () => 'something else');
}

function words(found: Kinds): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isSymbolicLink()) return 'a symbolic link';
  if (found.isFIFO()) return 'a pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}

function notRegular(path: string, { shown = path, kind = 'integrity' }: OpenOptions, found: string): Failure {
  return new Failure(kind, { what: `${shown} is no regular file.`, expected: 'a regular file', found });
}
