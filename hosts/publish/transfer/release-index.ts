/**
 * What stands in each 4 KiB block of a release: of its manifest and all of its files, one after the other, each beginning at a
 * block of its own. So a kernel is found in the image that holds it too.
 */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { blocksOf, collectParts, type IndexPart, shorten } from '../../../artifacts/formats/block-index.js';
import { BLOCK } from '../../../artifacts/formats/ext4-size.js';
import { fsVerityDigest } from '../../../artifacts/formats/fs-verity.js';
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

export interface ReleaseIndex {
  readonly files: readonly IndexedFile[];
  /** In order; what lies between is zeros. */
  readonly parts: readonly IndexPart[];
}

const MANIFEST = 'manifest.json';

/** How many blocks the release has, holes and all. */
export function blockCount({ files }: Pick<ReleaseIndex, 'files'>): number {
  const last = files.at(-1);
  return last === undefined ? 0 : last.first + blocksOf(last.bytes);
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
    const found = await indexFile({ file, bytes, image }, add, options).catch((error: unknown) => {
      throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? damaged(release, path) : error;
    });
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

/** Of an image holes are not read, and have no part in the sum. */
async function indexFile(
  { file, bytes, image }: { readonly file: string; readonly bytes: number; readonly image: boolean },
  add: Add,
  options: Options,
): Promise<Found> {
  if ((await stat(file)).size !== bytes) return { digest: '', sum: '' };
  const sum = createHash('sha256');
  const { run: _holes, ...rest } = options;
  const digest = await fsVerityDigest(file, {
    ...(image ? options : rest),
    onGroup: (start, digests, group) => {
      const short = shorten(digests, blocksOf(group.length));
      add(start / BLOCK, short);
      if (!image) sum.update(group);
      else for (const [from, to] of runs(short)) sum.update(group.subarray(from * BLOCK, to * BLOCK));
    },
  });
  const found = sum.digest('hex');
  return { digest: image ? `fsverity:${digest}` : `sha256:${found}`, sum: found };
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
