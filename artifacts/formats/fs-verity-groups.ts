/**
 * The expensive part of an fs-verity digest: a sha256 of each block of 4 KiB, and of all digests of 512 KiB of a file, which
 * is called a group here. Several threads do it at once.
 */
import { hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { Failure } from '../../base/failure.js';
import { alignedBuffers } from './direct-io.js';

export const BLOCK = 4096;
export const DIGEST = 32;
/** Digests in a block of the tree. */
const FANOUT = BLOCK / DIGEST;
/** Bytes of the file under one block of the tree's lowest level. */
export const GROUP = FANOUT * BLOCK;
/** Bytes that are read at once, in whole groups. */
export const CHUNK = 8 * GROUP;

/** What threads share. */
export interface GroupWork {
  readonly fd: number;
  /** Length of the file. */
  readonly bytes: number;
  /** Where to read, each from the start of a group and at most a chunk. */
  readonly pieces: readonly (readonly [start: number, end: number])[];
  /** Shared memory: index of the next piece that no thread has taken. */
  readonly next: Int32Array;
  /** Shared memory: digests of all groups of the file. */
  readonly groups: Uint8Array;
}

/**
 * Is told of the data of at most 128 blocks, which stands at `start`, and of the sha256 of each. Both buffers are used again.
 */
export type OnGroup = (start: number, digests: Buffer, bytes: Buffer) => void;

/**
 * Digests pieces until none is left.
 * @throws Failure of kind `integrity` when the file is shorter by now
 */
export function digestPieces({ fd, bytes, pieces, next, groups }: GroupWork, onGroup?: OnGroup): void {
  const [buffer] = alignedBuffers(1, CHUNK) as [Buffer];
  for (let piece = pieces[Atomics.add(next, 0, 1)]; piece; piece = pieces[Atomics.add(next, 0, 1)]) {
    const [start, end] = piece;
    const read = buffer.subarray(0, end - start);
    readExactly(fd, read, start);
    for (let at = 0; at < read.length; at += GROUP) {
      const group = read.subarray(at, at + GROUP);
      const digests = blockDigests(group, BLOCK);
      onGroup?.(start + at, digests, group);
      // A file of one block has no tree.
      groups.set(
        bytes <= BLOCK ? digests.subarray(0, DIGEST) : groupDigest(digests),
        ((start + at) / GROUP) * DIGEST,
      );
    }
  }
}

function readExactly(fd: number, buffer: Buffer, position: number): void {
  for (let done = 0; done < buffer.length; ) {
    const read = readSync(fd, buffer, done, buffer.length - done, position + done);
    if (read === 0) {
      throw new Failure('integrity', {
        what: 'A file became shorter while it was read.',
        expected: `${position + buffer.length} bytes`,
      });
    }
    done += read;
  }
}

export function digestOf(bytes: Buffer): Buffer {
  return hash('sha256', bytes, 'buffer');
}

const ZEROS = Buffer.alloc(BLOCK);
const ZERO_BLOCK = digestOf(ZEROS);
/** The tree's block over a group of zeros. */
const ZERO_GROUP = Buffer.concat(Array.from({ length: FANOUT }, () => ZERO_BLOCK));
export const ZERO_GROUP_DIGEST = digestOf(ZERO_GROUP);

/** The sha256 of each block, the last one filled up with zeros. @param room bytes of the buffer that they stand in */
export function blockDigests(bytes: Buffer, room = Math.ceil(bytes.length / BLOCK) * DIGEST): Buffer {
  const digests = Buffer.alloc(room);
  for (let at = 0; at < bytes.length; at += BLOCK) {
    const block = padded(bytes.subarray(at, at + BLOCK));
    (block.equals(ZEROS) ? ZERO_BLOCK : digestOf(block)).copy(digests, (at / BLOCK) * DIGEST);
  }
  return digests;
}

function groupDigest(digests: Buffer): Buffer {
  return digests.equals(ZERO_GROUP) ? ZERO_GROUP_DIGEST : digestOf(digests);
}

export function padded(block: Buffer): Buffer {
  if (block.length === BLOCK) return block;
  const whole = Buffer.alloc(BLOCK);
  block.copy(whole);
  return whole;
}
