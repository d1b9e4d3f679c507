/** A file system that lies somewhere in an image, and how it is read. */
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
  /** What to do when it cannot be read. Default: what helps for a release. */
  readonly hint?: string;
}

/** Bytes above which the size of the image is asked for before so much memory is taken. */
const MUCH = 2 ** 20;

/** Bytes that the image has from the file system's start on; undefined for a block device, which does not say. */
export async function bytesOf({ file, offset }: Volume): Promise<number | undefined> {
  const { size } = await file.stat();
  return size === 0 ? undefined : size - offset;
}

/** Exactly `length` bytes at `at` (bytes from the file system's start). @throws Failure of kind `integrity` */
export async function readVolume(volume: Volume, at: number, length: number): Promise<Buffer> {
  const wanted = `${length} bytes at byte ${at}`;
  const { file, offset } = volume;
  if (at < 0 || length < 0 || !Number.isSafeInteger(offset + at + length))
    throw damaged(volume, 'places that an image can have', wanted);
  const most = length > MUCH ? await bytesOf(volume) : undefined;
  if (most !== undefined && at + length > most) throw damaged(volume, wanted, `an image of ${most} bytes`);
  const bytes = Buffer.allocUnsafe(length);
  const read = await readAll(file, bytes, offset + at);
  if (read === length) return bytes;
  throw damaged(volume, wanted, `${read} bytes`);
}

/** A file system that is not as the kernel's documentation has it, or not of the kind that is written here. */
export function damaged(
  { name, hint }: Pick<Volume, 'name' | 'hint'>,
  expected: string,
  found: string,
): Failure {
  return new Failure('integrity', {
    what: `The file system in ${name} cannot be read.`,
    expected,
    found,
    hint: hint ?? 'Check the release with `npx lunsmith inspect`, or build it again.',
  });
}
