/** An ext4 file system that lies somewhere in an image, and how it is read. */
import type { FileHandle } from 'node:fs/promises';
import { Failure } from '../../../base/failure.js';
import { readAll } from '../sparse.js';

export interface Volume {
  /** The image, open for reading. */
  readonly file: FileHandle;
  /** Bytes from the image's start to the file system's. */
  readonly offset: number;
  /** How messages call it: `partition 4 (root) of out/x/latest/disk.img`. */
  readonly name: string;
}

/** Exactly `length` bytes at `at` (bytes from the file system's start). @throws Failure of kind `integrity` */
export async function readVolume(
  { file, offset, name }: Volume,
  at: number,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  const read = await readAll(file, bytes, offset + at);
  if (read === length) return bytes;
  throw damaged(name, `${length} bytes at byte ${at}`, `${read} bytes`);
}

/** A file system that is not as the kernel's documentation has it. */
export function damaged(name: string, expected: string, found: string): Failure {
  return new Failure('integrity', {
    what: `The file system in ${name} cannot be read.`,
    expected,
    found,
    hint: 'Check the release with `npx lunsmith inspect`, or build it again.',
  });
}
