/**
 * The fs-verity digest of a file that may be sparse: the root of a tree of sha256 digests of its 4 KiB blocks. A plain
 * sha256 has to take in every zero of a hole one after the other (4 GiB: 2.3 s); here all holes of a size have the same
 * digest and the rest (650 MB: 0.8 s on one processor) is shared among the processors. `fsverity digest FILE` says the
 * same. Facts: Linux Documentation/filesystems/fsverity.rst (Merkle tree, fs-verity descriptor).
 */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Failure, type FailureRecord } from '../../base/failure.js';
import { openForDirectReading } from './direct-io.js';
import { type DigestOptions, dataRanges } from './file-digest.js';
import {
  BLOCK,
  CHUNK,
  DIGEST,
  digestOf,
  digestPieces,
  GROUP,
  type GroupWork,
  type OnGroup,
  padded,
  ZERO_GROUP_DIGEST,
} from './fs-verity-groups.js';
import { inBoth, type Span } from './ranges.js';

/** Pieces from which on a second thread saves more than it takes to start (30 ms). */
const WORTH_THREADS = 16;

/**
 * Lower-case hex digest of a file.
 * @throws Failure of kind `integrity` when the file becomes shorter meanwhile
 */
export async function fsVerityDigest(path: string, options: TreeOptions = {}): Promise<string> {
  return digestOfTree(await verityTree(path, options));
}

/** What the digest of a file follows from, small enough to be kept beside it: 64 KiB for each GiB. */
export interface VerityTree {
  /** Length of the file. */
  readonly bytes: number;
  /** sha256 of each of the tree's lowest blocks; each stands for 512 KiB of the file. */
  readonly groups: Buffer;
}

/** Lower-case hex digest of the file that a tree is of. */
export function digestOfTree({ bytes, groups }: VerityTree): string {
  return digestOf(descriptor(bytes, rootOf(groups))).toString('hex');
}

export interface TreeOptions extends DigestOptions {
  /**
   * What is known of a file that is a copy of another but for `spans`: only these are read. With the boot loaders of an image
   * that takes 0.05 s.
   */
  readonly copy?: { readonly groups: Buffer; readonly spans: readonly Span[] };
  /** Called in order with what is read; the work is done by one thread then. What it is not called with is zeros. */
  readonly onGroup?: OnGroup;
}

/** @throws Failure of kind `integrity` when the file becomes shorter meanwhile */
export async function verityTree(path: string, options: TreeOptions = {}): Promise<VerityTree> {
  const file = await openForDirectReading(path);
  try {
    const { size: bytes } = await file.stat();
    const groups = Buffer.from(new SharedArrayBuffer(Math.ceil(bytes / GROUP) * DIGEST));
    groups.fill(ZERO_GROUP_DIGEST);
    const ranges = options.run === undefined ? undefined : await dataRanges(options.run, path);
    let data: readonly Span[] = ranges ?? [{ start: 0, end: bytes }];
    if (options.copy !== undefined) {
      const changed = options.copy.spans.map(wholeGroups);
      groups.set(options.copy.groups);
      for (const { start, end } of changed)
        groups.fill(ZERO_GROUP_DIGEST, (start / GROUP) * DIGEST, (end / GROUP) * DIGEST);
      data = inBoth(changed, data);
    }
    const next = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    await digestAll({ fd: file.fd, bytes, pieces: [...pieces(bytes, data)], next, groups }, options);
    return { bytes, groups };
  } finally {
    await file.close();
  }
}

function wholeGroups({ start, end }: Span): Span {
  return { start: Math.floor(start / GROUP) * GROUP, end: Math.ceil(end / GROUP) * GROUP };
}

/** The parts of a file that may hold data and the group that its end cuts off, in whole groups of at most a chunk. */
function* pieces(size: number, data: readonly Span[]): Generator<readonly [start: number, end: number]> {
  let done = 0;
  const last = Math.floor(size / GROUP) * GROUP;
  for (const range of [...data, { start: last, end: size }]) {
    const { start, end } = wholeGroups(range);
    const from = Math.max(done, start);
    const to = Math.min(size, end);
    for (let at = from; at < to; at += CHUNK) yield [at, Math.min(at + CHUNK, to)];
    done = Math.max(done, to);
  }
}

async function digestAll(work: GroupWork, { signal, onGroup, onProgress }: TreeOptions): Promise<void> {
  if (onGroup !== undefined) {
    for (const piece of work.pieces) {
      signal?.throwIfAborted();
      digestPieces({ ...work, pieces: [piece], next: new Int32Array(1) }, onGroup);
      onProgress?.(piece[1]);
      // Yields to the event loop, so that signals are heard.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return;
  }
  if (work.pieces.length < WORTH_THREADS) {
    digestPieces(work);
    return;
  }
  const threads = Array.from(
    { length: availableParallelism() },
    () => new Worker(threadFile(), { workerData: work }),
  );
  const stop = () => Promise.all(threads.map((thread) => thread.terminate()));
  const abort = () => void stop();
  signal?.addEventListener('abort', abort);
  try {
    await Promise.all(threads.map(endOf));
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener('abort', abort);
    // The file is closed after this: no read may be under way then.
    await stop();
  }
}

async function endOf(thread: Worker): Promise<void> {
  let failure: FailureRecord | undefined;
  thread.on('message', (record: FailureRecord) => (failure = record));
  await once(thread, 'exit');
  if (failure !== undefined) throw Failure.fromRecord(failure);
}

/** The compiled thread, also when this file itself runs from source, as under a test runner. */
function threadFile(): URL {
  if (import.meta.url.endsWith('.ts'))
    return new URL('../../dist/artifacts/formats/fs-verity-thread.js', import.meta.url);
  return new URL('./fs-verity-thread.js', import.meta.url);
}

/** The tree's upper levels, each a block for 128 digests of the level below; an empty file has the digest zero. */
function rootOf(lowest: Buffer): Buffer {
  let level = lowest;
  while (level.length > DIGEST) {
    const above = Buffer.alloc(Math.ceil(level.length / BLOCK) * DIGEST);
    for (let at = 0; at < level.length; at += BLOCK) {
      digestOf(padded(level.subarray(at, at + BLOCK))).copy(above, (at / BLOCK) * DIGEST);
    }
    level = above;
  }
  return level;
}

/** `struct fsverity_descriptor`: version 1, sha256, blocks of 2^12 bytes, no salt. */
function descriptor(size: number, root: Buffer): Buffer {
  const bytes = Buffer.alloc(256);
  bytes.set([1, 1, 12, 0]);
  bytes.writeBigUInt64LE(BigInt(size), 8);
  root.copy(bytes, 16);
  return bytes;
}
