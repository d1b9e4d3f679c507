/** The blocks that are sent, read from the release's files in pieces of a size at which a cut costs little. */
import { hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { blocksOf, digestAt, shorten } from '../../../artifacts/formats/block-index.js';
import { BLOCK } from '../../../artifacts/formats/ext4-size.js';
import { blockDigests } from '../../../artifacts/formats/fs-verity-groups.js';
import type { Span } from '../../../artifacts/formats/ranges.js';
import { readAll } from '../../../artifacts/formats/sparse.js';
import type { Release } from '../../../artifacts/release/release.js';
import type { Plan } from './plan.js';
import { damaged, type IndexedFile, type ReleaseIndex } from './release-index.js';

export interface Chunk {
  /** sha256 of the bytes, and the name of the chunk. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** Bytes of a chunk: small ones where little is sent, and few where it is much. */
export function chunkBytes(total: number): number {
  const mebibyte = 1024 * 1024;
  return total <= 64 * mebibyte ? 4 * mebibyte : 16 * mebibyte;
}

export function countBlocks(ranges: readonly Span[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** Ranges of blocks, cut so that none has more than `most` and chunks of `most` blocks can be made of whole ones. */
export function cutIntoChunks(ranges: readonly Span[], most: number): Span[][] {
  const chunks: Span[][] = [];
  let room = 0;
  for (const range of ranges) {
    for (let at = range.start; at < range.end; ) {
      if (room === 0) {
        chunks.push([]);
        room = most;
      }
      const end = Math.min(range.end, at + room);
      chunks.at(-1)?.push({ start: at, end });
      room -= end - at;
      at = end;
    }
  }
  return chunks;
}

export interface LiteralReader extends AsyncDisposable {
  /** @throws Failure of kind `integrity` when a block is not what the index says */
  read(ranges: readonly Span[]): Promise<Chunk>;
}

export function openLiterals(release: Release, index: ReleaseIndex): LiteralReader {
  const files = new Map<string, Promise<FileHandle>>();
  const fileOf = (path: string) => {
    const opened = files.get(path) ?? open(join(release.path, path), 'r');
    files.set(path, opened);
    return opened;
  };
  const readRange = async ({ start, end }: Span, into: Buffer) => {
    for (const file of index.files) {
      const [from, to] = [Math.max(start, file.first), Math.min(end, file.first + blocksOf(file.bytes))];
      if (from >= to) continue;
      const bytes = into.subarray((from - start) * BLOCK, (to - start) * BLOCK);
      const read = await readAll(await fileOf(file.path), bytes, (from - file.first) * BLOCK);
      bytes.fill(0, read);
      assertSame(file, from, bytes);
    }
  };
  const assertSame = (file: IndexedFile, first: number, bytes: Buffer) => {
    const found = shorten(blockDigests(bytes), bytes.length / BLOCK);
    for (const [at, digest] of found.entries()) {
      if (digest !== digestAt(index, first + at)) throw damaged(release, file.path);
    }
  };
  return {
    read: async (ranges) => {
      const bytes = Buffer.alloc(countBlocks(ranges) * BLOCK);
      let at = 0;
      for (const range of ranges) {
        const length = (range.end - range.start) * BLOCK;
        await readRange(range, bytes.subarray(at, at + length));
        at += length;
      }
      return { name: hash('sha256', bytes), bytes };
    },
    [Symbol.asyncDispose]: async () => {
      for (const file of files.values()) await file.then((opened) => opened.close()).catch(() => undefined);
    },
  };
}

/** The short digests of all that is sent, in order. */
export function literalDigests({ literals }: Plan, index: ReleaseIndex): BigUint64Array {
  const digests = new BigUint64Array(countBlocks(literals));
  let count = 0;
  for (const { start, end } of literals) {
    for (let block = start; block < end; block += 1) {
      digests[count] = digestAt(index, block);
      count += 1;
    }
  }
  return digests;
}
