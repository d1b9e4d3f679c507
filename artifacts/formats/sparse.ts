/**
 * Sparse files: a LUN image is mostly holes, and must stay so. Node has neither SEEK_HOLE nor hole punching, and
 * `fs.copyFile` fills holes, so files are made by truncation and written in place.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Failure } from '../../base/failure.js';
import type { Span } from './ranges.js';

/** Bytes that are read at once: large enough to keep the disk busy, small enough not to stall the event loop. */
const CHUNK = 4 * 1024 * 1024;

export interface FileSizes {
  /** Bytes from the first to the last. */
  readonly apparent: number;
  /** Bytes that are allocated on the disk. */
  readonly allocated: number;
}

/** Creates a file of `bytes` bytes that allocates none. @throws Error `EEXIST` when the file exists. */
export async function createSparse(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    await file.truncate(bytes);
  } finally {
    await file.close();
  }
}

/** What `st_size` and `st_blocks` (always units of 512 bytes, stat(2)) say of a file. */
export async function fileSizes(path: string): Promise<FileSizes> {
  const { size, blocks } = await stat(path);
  return { apparent: size, allocated: blocks * 512 };
}

/** Writes all of `bytes` at `offset` (bytes) of a file that exists; what lies around it stays. */
export async function writeAt(path: string, offset: number, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await writeAll(file, bytes, offset);
  } finally {
    await file.close();
  }
}

/**
 * Reads exactly `length` bytes at `offset`.
 * @throws Failure of kind `integrity` when the file ends before.
 */
export async function readAt(path: string, offset: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(length);
    const read = await readAll(file, buffer, offset);
    if (read < length) {
      throw new Failure('integrity', {
        what: `The file ${path} ends too early.`,
        expected: `${length} bytes at offset ${offset}`,
        found: `${read} bytes`,
      });
    }
    return buffer;
  } finally {
    await file.close();
  }
}

/**
 * Copies `source` to `offset` of `target`, leaving holes where the source holds a 4 KiB block of zeros.
 * @param ranges what of the source is no hole, in whole blocks; default: all is read
 */
export async function copyInto(
  source: string,
  target: string,
  offset: number,
  ranges: readonly Span[] = [{ start: 0, end: Number.POSITIVE_INFINITY }],
): Promise<void> {
  const from = await open(source, 'r');
  const to = await open(target, 'r+').catch(async (error: unknown) => {
    await from.close();
    throw error;
  });
  try {
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (const range of ranges) {
      for (let position = range.start; position < range.end; ) {
        const wanted = buffer.subarray(0, Math.min(CHUNK, range.end - position));
        const read = await readAll(from, wanted, position);
        for (const [start, end] of nonZeroRuns(wanted.subarray(0, read))) {
          await writeAll(to, wanted.subarray(start, end), offset + position + start);
        }
        position += read;
        if (read < wanted.length) break;
      }
    }
  } finally {
    await from.close();
    await to.close();
  }
}

/** Start and end of each run of 4 KiB blocks that are not all zero. */
function* nonZeroRuns(buffer: Buffer): Generator<readonly [start: number, end: number]> {
  const block = 4096;
  const zeros = Buffer.alloc(block);
  let start = -1;
  for (let at = 0; at < buffer.length; at += block) {
    const end = Math.min(at + block, buffer.length);
    const empty = buffer.compare(zeros, 0, end - at, at, end) === 0;
    if (!empty && start < 0) start = at;
    if (empty && start >= 0) {
      yield [start, at];
      start = -1;
    }
  }
  if (start >= 0) yield [start, buffer.length];
}

/** Fills `buffer` from `position` on, as far as the file reaches; returns how many bytes that were. */
export async function readAll(file: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let done = 0;
  while (done < buffer.length) {
    const { bytesRead } = await file.read(buffer, done, buffer.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** Fills a buffer. @throws Failure of kind `integrity` when the file is too short by now */
export async function readExactly(file: FileHandle, buffer: Buffer, position: number): Promise<void> {
  if ((await readAll(file, buffer, position)) === buffer.length) return;
  throw new Failure('integrity', {
    what: 'A file became shorter while it was read.',
    expected: `${position + buffer.length} bytes`,
  });
}

/** Writes all of `bytes` from `position` on. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
