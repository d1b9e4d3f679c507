/** Writes a disk image to where it is to be served from: a block device, or a new file. */
import { constants } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { readAll, writeAll } from './sparse.js';
import { copySparse } from './sparse-copy.js';

/** Bytes of one read and write. */
const CHUNK = 4 * 1024 * 1024;

/**
 * Writes all of an image. A file is sparse and has its name when it is whole; on a block device what the image has holes for becomes
 * zeros, and what is behind the image stays.
 * @param tell bytes done, of all
 * @throws Failure of kind `usage` when something else is there, or the device is smaller or in use
 */
export async function writeDisk(
  image: { readonly path: string; readonly bytes: number },
  target: string,
  { run, signal }: Pick<Ports, 'run' | 'signal'>,
  tell: (done: number) => void,
): Promise<void> {
  const there = await stat(target).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (there === undefined) {
    const partial = `${target}.partial`;
    await rm(partial, { force: true });
    await copySparse(run, image.path, partial).catch(async (error: unknown) => {
      await rm(partial, { force: true });
      throw error;
    });
    return rename(partial, target);
  }
  if (!there.isBlockDevice()) {
    throw new Failure('usage', {
      what: `${target} is there already, and no block device; it stays as it is.`,
      expected: 'a block device, or the path of a file that is not there',
      found: there.isFile() ? 'a file' : there.isDirectory() ? 'a folder' : 'something else',
    });
  }
  await requireSize(image.bytes, target, run);
  await using from = await open(image.path, 'r');
  // Of a device that is mounted or has a holder, it fails (open(2), O_EXCL).
  await using to = await open(target, O_WRITE_EXCLUSIVE).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    throw new Failure('usage', {
      what: `${target} is in use; nothing was written.`,
      found: 'a file system on it is mounted, or another device holds it',
      hint: `See: lsblk ${target}`,
    });
  });
  for (let at = 0; at < image.bytes; at += CHUNK) {
    signal.throwIfAborted();
    const bytes = Buffer.alloc(Math.min(CHUNK, image.bytes - at));
    await readAll(from, bytes, at);
    await writeAll(to, bytes, at);
    tell(at + bytes.length);
  }
  await to.sync();
}

/** O_WRONLY and O_EXCL, which on a block device needs no O_CREAT. */
const O_WRITE_EXCLUSIVE = constants.O_WRONLY | constants.O_EXCL;

async function requireSize(bytes: number, target: string, run: Ports['run']): Promise<void> {
  const { stdout } = await run(['blockdev', '--getsize64', target], {
    doing: `ask for the size of ${target}`,
    quiet: true,
  });
  const found = Number(stdout.trim());
  if (found >= bytes) return;
  throw new Failure('usage', {
    what: `${target} is smaller than the image; nothing was written.`,
    expected: `at least ${bytes} bytes`,
    found: `${found} bytes`,
    hint: 'Make the LUN of the array larger.',
  });
}
