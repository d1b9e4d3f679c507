/**
 * What stands in each 4 KiB block of a release: of its manifest and all of its files, one after the other, each beginning at a
 * block of its own. So a kernel is found in the image that holds it too.
 */
import { createHash, hash } from 'node:crypto';
import { join } from 'node:path';
import { BLOCK } from '../../../artifacts/formats/ext4-size.js';
import { fsVerityDigest } from '../../../artifacts/formats/fs-verity.js';
import { type Span, spanAt } from '../../../artifacts/formats/ranges.js';
import { readExactly } from '../../../artifacts/formats/sparse.js';
import type { Release } from '../../../artifacts/release/release.js';
import { Failure } from '../../../base/failure.js';
import type { Ports } from '../../../base/ports.js';
import { openRegular } from '../../../base/regular-file.js';

export interface IndexedFile {
  readonly path: string;
  readonly bytes: number;
  /** Number of its first block in the release. */
  readonly first: number;
  /** What `sum` is of: the file, or those of its blocks that are not all zero, in order. */
  readonly of: 'whole' | 'blocks';
  /** Lower-case hex sha256. */
  readonly sum: string;
}

/** Blocks that follow each other. */
export interface IndexedPart extends Span {
  /** The first 64 bits of each block's sha256; 0 of a block of zeros. */
  readonly digests: BigUint64Array;
}

export interface ReleaseIndex {
  readonly files: readonly IndexedFile[];
  /** In order; what lies between is zeros. */
  readonly parts: readonly IndexedPart[];
}

const MANIFEST = 'manifest.json';
/** Bytes that are read at once. */
const PIECE = 4 * 1024 * 1024;
const DIGEST = 32;
const ZEROS = Buffer.alloc(BLOCK);
const ZERO_DIGEST = hash('sha256', ZEROS, 'buffer');
const ZERO = ZERO_DIGEST.readBigUInt64LE(0);

export function blocksOf(bytes: number): number {
  return Math.ceil(bytes / BLOCK);
}

/** How many blocks the release has, holes and all. */
export function blockCount({ files }: Pick<ReleaseIndex, 'files'>): number {
  const last = files.at(-1);
  return last === undefined ? 0 : last.first + blocksOf(last.bytes);
}

/** The digest of a block; 0 of one of zeros. */
export function digestAt({ parts }: Pick<ReleaseIndex, 'parts'>, block: number): bigint {
  const part = spanAt(parts, block);
  return part?.digests[block - part.start] ?? 0n;
}

/** Collects digests in order into as few parts as there are gaps. */
export function collectParts(): {
  add(start: number, digests: BigUint64Array): void;
  parts(): IndexedPart[];
} {
  const groups: { start: number; end: number; all: BigUint64Array[] }[] = [];
  return {
    add: (start, digests) => {
      if (!digests.some((digest) => digest !== 0n)) return;
      const last = groups.at(-1);
      const end = start + digests.length;
      if (last?.end === start) {
        last.all.push(digests);
        last.end = end;
      } else groups.push({ start, end, all: [digests] });
    },
    parts: () =>
      groups.map(({ start, end, all }) => {
        const digests = new BigUint64Array(end - start);
        let at = 0;
        for (const each of all) {
          digests.set(each, at);
          at += each.length;
        }
        return { start, end, digests };
      }),
  };
}

/**
 * Reads a release and makes sure of each of its files.
 * @throws Failure of kind `integrity` when a file is not what the manifest says
 */
export async function indexRelease(
  release: Release,
  { run, signal }: Pick<Ports, 'run' | 'signal'>,
  onProgress: (done: number, total: number) => void,
): Promise<ReleaseIndex> {
  const size = await manifestBytes(release);
  const all = [
    { path: MANIFEST, bytes: size, digest: `sha256:${release.digest}` },
    ...release.manifest.artifacts,
  ];
  const total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  const collected = collectParts();
  const files: IndexedFile[] = [];
  let [first, before] = [0, 0];
  for (const { path, bytes, digest } of all) {
    const from = first;
    const options = { run, signal, onProgress: (done: number) => onProgress(before + done, total) };
    const add = (start: number, digests: BigUint64Array) => collected.add(from + start, digests);
    const image = digest.startsWith('fsverity:');
    const file = join(release.path, path);
    const found = await (image ? indexImage : indexFile)(file, bytes, add, options).catch(
      (error: unknown) => {
        throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? damaged(release, path) : error;
      },
    );
    if (found.digest !== digest) throw damaged(release, path);
    files.push({ path, bytes, first, of: image ? 'blocks' : 'whole', sum: found.sum });
    first += blocksOf(bytes);
    before += bytes;
  }
  return { files, parts: collected.parts() };
}

export function damaged({ path }: Pick<Release, 'path'>, file: string): Failure {
  return new Failure('integrity', {
    what: `The release ${path} is damaged: ${file} is not what its manifest says.`,
    hint: 'Nothing of it was published. Build the release again.',
  });
}

async function manifestBytes({ path }: Release): Promise<number> {
  const file = await openRegular(join(path, MANIFEST));
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

interface Options extends Pick<Ports, 'run' | 'signal'> {
  readonly onProgress: (done: number) => void;
}
type Add = (start: number, digests: BigUint64Array) => void;
interface Found {
  /** As manifests have it. */
  readonly digest: string;
  readonly sum: string;
}

async function indexImage(path: string, _bytes: number, add: Add, options: Options): Promise<Found> {
  const sum = createHash('sha256');
  const onGroup = (start: number, digests: Buffer, bytes: Buffer) => {
    const short = shorten(digests, blocksOf(bytes.length));
    add(start / BLOCK, short);
    for (const [from, to] of runs(short)) sum.update(bytes.subarray(from * BLOCK, to * BLOCK));
  };
  const digest = `fsverity:${await fsVerityDigest(path, { ...options, onGroup })}`;
  return { digest, sum: sum.digest('hex') };
}

async function indexFile(path: string, bytes: number, add: Add, options: Options): Promise<Found> {
  const sum = createHash('sha256');
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    if (size !== bytes) return { digest: '', sum: '' };
    for (let at = 0; at < bytes; at += PIECE) {
      options.signal.throwIfAborted();
      const piece = Buffer.alloc(blocksOf(Math.min(PIECE, bytes - at)) * BLOCK);
      const read = piece.subarray(0, Math.min(PIECE, bytes - at));
      await readExactly(file, read, at);
      sum.update(read);
      add(at / BLOCK, shorten(digestsOf(piece), piece.length / BLOCK));
      options.onProgress(at + read.length);
    }
  } finally {
    await file.close();
  }
  const found = sum.digest('hex');
  return { digest: `sha256:${found}`, sum: found };
}

/** @param bytes whole blocks @returns the sha256 of each */
export function digestsOf(bytes: Buffer): Buffer {
  const digests = Buffer.alloc((bytes.length / BLOCK) * DIGEST);
  for (let at = 0; at < bytes.length; at += BLOCK) {
    const block = bytes.subarray(at, at + BLOCK);
    (block.equals(ZEROS) ? ZERO_DIGEST : hash('sha256', block, 'buffer')).copy(
      digests,
      (at / BLOCK) * DIGEST,
    );
  }
  return digests;
}

/** @param digests sha256 of blocks one after the other @param count how many of them */
export function shorten(digests: Buffer, count: number): BigUint64Array {
  const short = new BigUint64Array(count);
  for (let at = 0; at < count; at += 1) {
    const digest = digests.readBigUInt64LE(at * DIGEST);
    if (digest !== ZERO) short[at] = digest;
  }
  return short;
}

/** Where digests are not 0. */
function* runs(digests: BigUint64Array): Generator<readonly [from: number, to: number]> {
  let from = -1;
  for (let at = 0; at <= digests.length; at += 1) {
    const zero = (digests[at] ?? 0n) === 0n;
    if (!zero && from < 0) from = at;
    if (zero && from >= 0) {
      yield [from, at];
      from = -1;
    }
  }
}
