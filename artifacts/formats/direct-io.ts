/**
 * Reading and writing past the page cache (open(2), O_DIRECT), for images that are read or written once: they push nothing
 * else out of memory, and what is written is on the disk. A virtual machine whose free pages its host takes back pays
 * dearly for each new page of the cache: 650 MB take 2 s through it and 0.4 s past it.
 */
import { constants, type PathLike } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { openRegular } from '../../base/regular-file.js';

/** What lengths, positions and memory have to be multiples of: no disk has longer sectors. */
export const DIRECT_ALIGNMENT = 4096;

/** Part of the JavaScript language, whose types TypeScript counts among those of browsers. */
declare const WebAssembly: {
  readonly Memory: new (pages: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};
const PAGE = 65536;

/** `count` buffers of `bytes` bytes, aligned as no other memory of JavaScript is: they are pages of their own. */
export function alignedBuffers(count: number, bytes: number): Buffer[] {
  const { buffer } = new WebAssembly.Memory({ initial: Math.ceil((count * bytes) / PAGE) });
  return Array.from({ length: count }, (_, index) => Buffer.from(buffer, index * bytes, bytes));
}

/** Whether an error says that a file system cannot do without the page cache. */
export function knowsNoDirectIo(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EINVAL' || code === 'ENOTSUP' || code === 'EOPNOTSUPP';
}

/** Creates a file for direct writing; undefined where that cannot be. @throws Error `EEXIST` when the file exists. */
export async function createDirect(path: PathLike): Promise<FileHandle | undefined> {
  const { O_CREAT, O_EXCL, O_WRONLY, O_DIRECT } = constants;
  try {
    return await open(path, O_CREAT | O_EXCL | O_WRONLY | O_DIRECT, 0o644);
  } catch (error) {
    if (!knowsNoDirectIo(error)) throw error;
    // The kernel creates the file before it asks the file system.
    await rm(path, { force: true });
    return undefined;
  }
}

/** Opens a regular file for reading, directly where that can be and where its length allows it. */
export async function openForDirectReading(path: string): Promise<FileHandle> {
  const file = await openRegular(path);
  if ((await file.stat()).size % DIRECT_ALIGNMENT !== 0) return file;
  try {
    const direct = await openRegular(path, {}, constants.O_DIRECT);
    await file.close();
    return direct;
  } catch (error) {
    if (!knowsNoDirectIo(error)) throw error;
    return file;
  }
}
