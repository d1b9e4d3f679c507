/** A look into a release without booting it, for `ls`, `cat` and `extract`. */
import { createWriteStream } from 'node:fs';
import { chmod, lstat, mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  type Contents,
  type Entry,
  entriesBelow,
  findEntry,
} from '../artifacts/release/contents/contents.js';
import { openImage } from '../artifacts/release/contents/image.js';
import { openInitramfs } from '../artifacts/release/contents/initramfs.js';
import { readRelease } from '../artifacts/release/release.js';
import { createPorts } from '../base/command.js';
import { Failure } from '../base/failure.js';

export type { Entry };

/** Begins the path of a file of the initramfs. */
const INITRAMFS = 'initramfs:';

export interface LookRequest {
  /** Folder of the release. */
  readonly release: string;
  /** Of the booted system, such as `/etc/fstab`, or of its initramfs: `initramfs:/init`. */
  readonly path: string;
}

interface Found extends AsyncDisposable {
  readonly contents: Contents;
  readonly entry: Entry;
}

async function find({ release: folder, path }: LookRequest, signal: AbortSignal): Promise<Found> {
  const release = await readRelease(folder);
  const ports = createPorts({ emit: () => undefined, signal });
  const inside = path.startsWith(INITRAMFS);
  const contents = inside ? await openInitramfs(release, ports) : await openImage(release);
  try {
    const entry = findEntry(contents, inside ? path.slice(INITRAMFS.length) : path);
    return { contents, entry, [Symbol.asyncDispose]: () => contents[Symbol.asyncDispose]() };
  } catch (error) {
    await contents[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * What lies in a directory, or the one file that the path leads to.
 * @param deep all that lies below it
 * @throws Failure of kind `usage` when there is nothing
 */
export async function listRelease(
  request: LookRequest & { readonly deep: boolean },
  signal: AbortSignal,
): Promise<readonly Entry[]> {
  await using found = await find(request, signal);
  const { contents, entry } = found;
  return entry.type === 'directory' ? entriesBelow(contents, entry.path, request.deep) : [entry];
}

/** Hands on the bytes of a file, piece by piece. @throws Failure of kind `usage` when it is none */
export async function readFromRelease(
  request: LookRequest,
  write: (bytes: Uint8Array) => void,
  signal: AbortSignal,
): Promise<void> {
  await using found = await find(request, signal);
  const { path, type, content } = found.entry;
  if (content === undefined) {
    throw new Failure('usage', {
      what: `${path} has no bytes to show.`,
      expected: 'a regular file',
      found: type,
      ...(type === 'directory'
        ? { hint: 'Ask `npx lunsmith ls`, or take it out by `npx lunsmith extract`.' }
        : {}),
    });
  }
  for await (const bytes of content()) {
    signal.throwIfAborted();
    write(bytes);
  }
}

export interface Extracted {
  readonly files: number;
  /** Devices, sockets and FIFOs, which an ordinary user cannot make: their paths. */
  readonly leftOut: readonly string[];
}

/**
 * Copies a file or a directory with all that is below it out of a release. Files keep their permission bits and belong to the
 * caller; symbolic links are copied as they are.
 * @param to absolute path that must not exist; when something goes wrong nothing is left of it
 * @throws Failure of kind `usage` when it exists or nothing is there to be copied
 */
export async function extractFromRelease(
  { to, ...request }: LookRequest & { readonly to: string },
  signal: AbortSignal,
): Promise<Extracted> {
  await using found = await find(request, signal);
  const { contents, entry } = found;
  const base = entry.path;
  const below = entry.type === 'directory' ? entriesBelow(contents, base, true) : [];
  const leftOut: string[] = [];
  const folders: Entry[] = [];
  let files = 0;
  if ((await lstat(to).catch(() => undefined)) !== undefined) {
    throw new Failure('usage', {
      what: `${to} is there already.`,
      expected: 'a path where nothing is',
      hint: 'Nothing was copied. Choose another path, or remove it.',
    });
  }
  try {
    for (const each of [entry, ...below]) {
      signal.throwIfAborted();
      const place = join(to, each.path.slice(base === '/' ? 0 : base.length));
      if (each.type === 'directory') {
        await mkdir(place);
        folders.push({ ...each, path: place });
      } else if (each.content !== undefined) {
        await pipeline(each.content(), createWriteStream(place, { flags: 'wx', mode: 0o600 }), { signal });
        await chmod(place, each.mode & 0o777);
        files += 1;
      } else if (each.target !== undefined) await symlink(each.target, place);
      else leftOut.push(each.path);
    }
    // A directory that its owner may not write is made so when all is in it.
    for (const { path, mode } of folders.reverse()) await chmod(path, mode & 0o777);
  } catch (error) {
    await rm(to, { recursive: true, force: true });
    throw error;
  }
  return { files, leftOut };
}
