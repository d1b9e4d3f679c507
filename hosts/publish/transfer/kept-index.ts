/**
 * Indexes of releases as files, here and on target hosts alike: `blocks`, 8 bytes for each block of the release, as sparse as it is;
 * and `table.json`, which file stands where.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { collectParts, type IndexPart } from '../../../artifacts/formats/block-index.js';
import { readAll } from '../../../artifacts/formats/sparse.js';
import { readRegular } from '../../../base/regular-file.js';
import { parseRecord } from '../../../base/schema/record.js';
import { blockCount, type IndexedFile, type ReleaseIndex } from './release-index.js';

const DIGEST = 8;
/** Age in milliseconds from which a temporary file is taken for abandoned. */
const GIVEN_UP = 24 * 3600 * 1000;
/** Digests that are looked at together: where all are zero there is a gap. */
const GROUP = 128;
/** The table has a line for each file of a release. */
const MOST_TABLE_BYTES = 16 * 1024 * 1024;
const PIECE = 1024 * GROUP * DIGEST;

const tableSchema = z.strictObject({
  format: z.literal('lunsmith-blocks/1'),
  files: z.array(
    z.strictObject({
      path: z.string(),
      bytes: z.number().int(),
      first: z.number().int(),
      of: z.enum(['whole', 'blocks']),
      sum: z.string(),
    }),
  ),
});

export function tableText(files: readonly IndexedFile[]): string {
  return JSON.stringify({ format: 'lunsmith-blocks/1', files });
}

/** @param file how messages name it @throws Failure of kind `integrity` when it is no table */
export function parseTable(text: string, file: string): readonly IndexedFile[] {
  return parseRecord(text, tableSchema, { file, what: 'The index of a release' }).files;
}

/** Makes the folder of indexes, and removes what calls that were killed have left in it. */
export async function openIndexes(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (!name.startsWith('.')) continue;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > GIVEN_UP) await rm(path, { recursive: true, force: true });
  }
}

/** The index of a release; undefined when none is kept, or when it cannot be read. */
export async function loadIndex(folder: string, digest: string): Promise<ReleaseIndex | undefined> {
  try {
    const path = join(folder, digest, 'table.json');
    const files = parseTable((await readRegular(path, { most: MOST_TABLE_BYTES })).toString('utf8'), path);
    return { files, parts: await readParts(join(folder, digest, 'blocks')) };
  } catch {
    return undefined;
  }
}

export async function saveIndex(folder: string, digest: string, index: ReleaseIndex): Promise<void> {
  const partial = join(folder, `.${randomUUID()}`);
  await mkdir(partial, { recursive: true });
  try {
    await writeFile(join(partial, 'table.json'), `${tableText(index.files)}\n`);
    await writeParts(join(partial, 'blocks'), index);
    await rm(join(folder, digest), { recursive: true, force: true });
    await rename(partial, join(folder, digest)).catch((error: unknown) => {
      // Another process kept the same meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** The digests of an index that came in one piece. */
export function partsOf(blocks: Buffer): IndexPart[] {
  const collected = collectParts();
  addPiece(collected, blocks, 0);
  return collected.parts();
}

async function readParts(path: string): Promise<IndexPart[]> {
  const collected = collectParts();
  const file = await open(path, 'r');
  try {
    for (let at = 0; ; at += PIECE) {
      const piece = Buffer.alloc(PIECE);
      const read = await readAll(file, piece, at);
      addPiece(collected, piece.subarray(0, read), at / DIGEST);
      if (read < PIECE) return collected.parts();
    }
  } finally {
    await file.close();
  }
}

const ZEROS = Buffer.alloc(GROUP * DIGEST);

function addPiece(collected: ReturnType<typeof collectParts>, piece: Buffer, first: number): void {
  for (let at = 0; at < piece.length; at += ZEROS.length) {
    const bytes = piece.subarray(at, at + ZEROS.length);
    if (bytes.compare(ZEROS, 0, bytes.length) === 0) continue;
    const digests = new BigUint64Array(Math.floor(bytes.length / DIGEST));
    for (let each = 0; each < digests.length; each += 1) digests[each] = bytes.readBigUInt64LE(each * DIGEST);
    collected.add(first + at / DIGEST, digests);
  }
}

async function writeParts(path: string, index: ReleaseIndex): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    await file.truncate(blockCount(index) * DIGEST);
    for (const { start, digests } of index.parts) {
      await file.write(digestBytes(digests), 0, undefined, start * DIGEST);
    }
  } finally {
    await file.close();
  }
}

/** Least significant byte first, as on the disk. */
export function digestBytes(digests: BigUint64Array): Buffer {
  const bytes = Buffer.alloc(digests.length * DIGEST);
  for (let at = 0; at < digests.length; at += 1) bytes.writeBigUInt64LE(digests[at] as bigint, at * DIGEST);
  return bytes;
}
