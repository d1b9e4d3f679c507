/** Copies of whole images, in the quickest way that the file system knows. */
import { constants } from 'node:fs';
import { chmod, copyFile, type FileHandle, open, rm } from 'node:fs/promises';
import type { Ports } from '../../base/ports.js';
import { alignedBuffers, createDirect, DIRECT_ALIGNMENT, knowsNoDirectIo } from './direct-io.js';
import { dataRanges } from './file-digest.js';
import { inBoth, type Span } from './ranges.js';
import { readAll, writeAll } from './sparse.js';

/** Bytes of one read and write. */
const CHUNK = 4 * 1024 * 1024;
/** Chunks under way: one that is read while others are written. */
const WIDTH = 3;

/**
 * Copies a file, holes and all, to a path where none is; the copy has mode 0644. Blocks are shared where the file system
 * can (FICLONE); else data is written past the page cache; else cp(1) does it.
 * @param blank sorted; what the copy has zeros for, whatever the file has there
 * @throws Failure of kind `tool` or `space` from cp; Error `EEXIST` when the target exists
 */
export async function copySparse(
  run: Ports['run'],
  source: string,
  target: string,
  blank: readonly Span[] = [],
): Promise<void> {
  if (await clone(source, target)) return makeBlank(run, target, blank);
  if (await copyDirect(run, source, target, blank)) return;
  await run(['cp', '--sparse=always', '--no-target-directory', source, target], { doing: `copy ${source}` });
  await chmod(target, 0o644);
  await makeBlank(run, target, blank);
}

/** Writes zeros over the data in `blank`; holes stay. */
async function makeBlank(run: Ports['run'], path: string, blank: readonly Span[]): Promise<void> {
  if (blank.length === 0) return;
  const data = await dataRanges(run, path);
  const file = await open(path, 'r+');
  try {
    for (const { start, end } of pieces(data === undefined ? blank : inBoth(blank, data)))
      await writeAll(file, Buffer.alloc(end - start), start);
  } finally {
    await file.close();
  }
}

async function clone(source: string, target: string): Promise<boolean> {
  try {
    await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOTSUP', 'EOPNOTSUPP', 'ENOTTY', 'EINVAL', 'EXDEV', 'ENOSYS'].includes(code)) return false;
    throw error;
  }
  await chmod(target, 0o644);
  return true;
}

async function copyDirect(
  run: Ports['run'],
  source: string,
  target: string,
  blank: readonly Span[],
): Promise<boolean> {
  const from = await open(source, 'r');
  try {
    const { size } = await from.stat();
    const ranges = size % DIRECT_ALIGNMENT === 0 ? await dataRanges(run, source) : undefined;
    const to = ranges === undefined ? undefined : await createDirect(target);
    if (ranges === undefined || to === undefined) return false;
    try {
      await to.truncate(size);
      await copyRanges(from, to, pieces(wholeBlocks(ranges, size)), blank);
      return true;
    } catch (error) {
      await rm(target, { force: true });
      if (knowsNoDirectIo(error)) return false;
      throw error;
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

/** Whole blocks, since nothing else can be written directly; no block twice. */
function* wholeBlocks(ranges: readonly Span[], size: number): Generator<Span, undefined> {
  let done = 0;
  for (const { start, end } of ranges) {
    const from = Math.max(done, Math.floor(start / DIRECT_ALIGNMENT) * DIRECT_ALIGNMENT);
    done = Math.max(done, Math.min(size, Math.ceil(end / DIRECT_ALIGNMENT) * DIRECT_ALIGNMENT));
    yield { start: from, end: done };
  }
  return undefined;
}

/** Cuts ranges into what is read and written at once. */
function* pieces(ranges: Iterable<Span>): Generator<Span, undefined> {
  for (const { start, end } of ranges)
    for (let at = start; at < end; at += CHUNK) yield { start: at, end: Math.min(at + CHUNK, end) };
  return undefined;
}

async function copyRanges(
  from: FileHandle,
  to: FileHandle,
  rest: ReturnType<typeof pieces>,
  blank: readonly Span[],
): Promise<void> {
  const work = async (buffer: Buffer) => {
    for (let next = rest.next(); next.value !== undefined; next = rest.next()) {
      const { start, end } = next.value;
      const bytes = buffer.subarray(0, end - start);
      const read = await readAll(from, bytes, start);
      bytes.fill(0, read);
      for (const zeros of inBoth([{ start, end }], blank))
        bytes.fill(0, zeros.start - start, zeros.end - start);
      await writeAll(to, bytes, start);
    }
  };
  const works = alignedBuffers(WIDTH, CHUNK).map((buffer) =>
    work(buffer).catch((error: unknown) => {
      rest.return(undefined);
      throw error;
    }),
  );
  // All have to be at rest before the files are closed.
  const results = await Promise.allSettled(works);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
