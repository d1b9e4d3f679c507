/** Where the content of a file lies in the image, and that content. */
import { BLOCK } from '../ext4-size.js';
import { damaged, readVolume, type Volume } from './volume.js';

/** Blocks `start` to `end` (exclusive) of the content, which lie one after the other from `physical` on. */
export interface Extent {
  readonly start: number;
  readonly end: number;
  readonly physical: number;
  /** Allocated, yet read as zeros. */
  readonly unwritten: boolean;
}

export interface InodeBlocks {
  /** Sorted by `start`. */
  readonly extents: readonly Extent[];
  /** The whole content where it stands among the metadata: of small files of Btrfs. */
  readonly inline?: Inline;
}

export interface Inline {
  /** Bytes from the file system's start on. */
  readonly at: number;
  readonly length: number;
  /** SHA-256, hex. */
  readonly digest: string;
}

/** Bytes of a file that is read into memory as a whole. */
const MOST_CONTENT = 2 ** 31;

/** The whole content; holes and unwritten blocks read as zeros. @throws Failure of kind `integrity` */
export async function readContent(volume: Volume, size: number, blocks: InodeBlocks): Promise<Buffer> {
  if (size > MOST_CONTENT) throw damaged(volume, `a file of at most ${MOST_CONTENT} bytes`, `${size} bytes`);
  const content = Buffer.alloc(size);
  for (const { start, end, from } of writtenRanges(size, blocks))
    (await readVolume(volume, from, end - start)).copy(content, start);
  return content;
}

/** Bytes that are read at once. */
const CHUNK = 4 * 1024 * 1024;

/** Bytes of a file that are written, and where they lie from the file system's start on. */
export interface WrittenRange {
  readonly start: number;
  readonly end: number;
  readonly from: number;
}

/** What is no hole, in order. @param size of the file, bytes */
export function writtenRanges(size: number, { extents, inline }: InodeBlocks): WrittenRange[] {
  if (inline !== undefined) return [{ start: 0, end: Math.min(inline.length, size), from: inline.at }];
  return extents
    .filter(({ unwritten, start }) => !unwritten && start * BLOCK < size)
    .map(({ start, end, physical }) => ({
      start: start * BLOCK,
      end: Math.min(end * BLOCK, size),
      from: physical * BLOCK,
    }))
    .sort((a, b) => a.start - b.start);
}

export async function* readRange(volume: Volume, { start, end, from }: WrittenRange): AsyncGenerator<Buffer> {
  for (let at = start; at < end; at += CHUNK) {
    yield await readVolume(volume, from + at - start, Math.min(CHUNK, end - at));
  }
}

/** As {@link readContent}, piece by piece, for files of any size. */
export async function* streamContent(
  volume: Volume,
  size: number,
  blocks: InodeBlocks,
): AsyncGenerator<Buffer> {
  let at = 0;
  for (const range of writtenRanges(size, blocks)) {
    yield* zeros(range.start - at);
    yield* readRange(volume, range);
    at = range.end;
  }
  yield* zeros(size - at);
}

function* zeros(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= CHUNK) yield Buffer.alloc(Math.min(CHUNK, left));
}
