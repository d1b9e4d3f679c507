/**
 * Files of the root tree by their path as seen from inside. Symlinks on the way are followed as the booted system
 * would follow them, so an absolute link never leads a write to the host; a link at the end is replaced, not followed.
 */
import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../../base/failure.js';
import { removeTree } from '../../base/remove-tree.js';

/** As the kernel's limit on symlinks in one path, see path_resolution(7). */
const MAX_LINKS = 40;

export interface NodeOptions {
  /** Permission bits; default 0o644 for files and 0o755 for directories. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export interface RootTree {
  /** The host's path of `path`: its folder resolved inside the root, its last part as it is. */
  locate(path: string): Promise<string>;
  /** The host's path of what `path` leads to in the end, or undefined when there is nothing. */
  resolve(path: string): Promise<string | undefined>;
  exists(path: string): Promise<boolean>;
  /** The text of a file, following links inside the root; undefined when there is none. */
  read(path: string): Promise<string | undefined>;
  /** Names in a directory in byte order; none when it does not exist. */
  names(path: string): Promise<string[]>;
  /** Writes a file (its folders are made), replacing what was there. */
  write(path: string, content: string | Uint8Array, options?: NodeOptions): Promise<void>;
  /** Makes a directory and its parents; an existing one gets the mode and owner that are given. */
  directory(path: string, options?: NodeOptions): Promise<void>;
  /** Copies a file of the host, however large, as {@link RootTree.write} writes one. @param source its absolute path */
  copy(path: string, source: string, options?: NodeOptions): Promise<void>;
  link(path: string, target: string): Promise<void>;
  remove(path: string): Promise<void>;
}

export function rootTree(rootfs: string): RootTree {
  const locate = async (path: string) => {
    const parts = split(path);
    const last = parts.pop();
    const folder = await walk(rootfs, parts);
    return last === undefined ? folder : join(folder, last);
  };
  const resolve = async (path: string) => {
    const host = await walk(rootfs, split(path));
    return (await lstat(host).catch(() => undefined)) === undefined ? undefined : host;
  };
  const directory = async (path: string, options: NodeOptions = {}) => {
    const host = await walk(rootfs, split(path));
    await mkdirInside(rootfs, host);
    if (options.mode !== undefined) await chmod(host, options.mode);
    await own(host, options);
  };
  const clear = async (path: string) => {
    await directory(dirname(join('/', path)));
    const host = await locate(path);
    await removeTree(host);
    return host;
  };
  return {
    locate,
    resolve,
    directory,
    exists: async (path) => (await resolve(path)) !== undefined,
    read: async (path) => {
      const host = await resolve(path);
      return host === undefined ? undefined : readFile(host, 'utf8');
    },
    names: async (path) => {
      const host = await resolve(path);
      return host === undefined ? [] : (await readdir(host)).sort();
    },
    write: async (path, content, options) => {
      const host = await clear(path);
      await writeFile(host, content, { flag: 'wx' });
      await finish(host, options);
    },
    copy: async (path, source, options) => {
      const host = await clear(path);
      await copyFile(source, host, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      await finish(host, options);
    },
    link: async (path, target) => symlink(target, await clear(path)),
    remove: async (path) => removeTree(await locate(path)),
  };
}

function split(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** Owner and mode of a new file. */
async function finish(host: string, options: NodeOptions = {}): Promise<void> {
  await own(host, options);
  await chmod(host, options.mode ?? 0o644);
}

async function own(host: string, { uid, gid }: NodeOptions): Promise<void> {
  if (uid === undefined && gid === undefined) return;
  await lchown(host, uid ?? 0, gid ?? 0);
}

/** Makes the missing directories below the root, each 0755 whatever the umask is. */
async function mkdirInside(rootfs: string, host: string): Promise<void> {
  if (host === rootfs || (await lstat(host).catch(() => undefined)) !== undefined) return;
  await mkdirInside(rootfs, dirname(host));
  await mkdir(host);
  await chmod(host, 0o755);
}

/** Follows every link of the path inside the root; what does not exist is taken as it stands. */
async function walk(rootfs: string, parts: readonly string[]): Promise<string> {
  const left = [...parts];
  const done: string[] = [];
  let links = 0;
  for (let part = left.shift(); part !== undefined; part = left.shift()) {
    if (part === '..') {
      done.pop();
      continue;
    }
    const target = await readlink(join(rootfs, ...done, part)).catch(() => undefined);
    if (target === undefined) {
      done.push(part);
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) {
      throw new Failure('recipe', {
        what: `Too many symlinks in /${parts.join('/')} of the root tree.`,
        hint: 'Look for links that point at each other in the files that the recipe adds.',
      });
    }
    if (target.startsWith('/')) done.length = 0;
    left.unshift(...split(target));
  }
  return join(rootfs, ...done);
}
