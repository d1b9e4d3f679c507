/**
 * The files of a folder, for an HTTP server on this machine. The folder consists of symlinks, so whatever they lead to is
 * found, and nothing that is not below it by name.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { HttpOptions } from './http-server.js';

/**
 * @param folder absolute path; a symlink is followed at each request, so that it may be switched meanwhile
 * @param onMissing called for a path that is not there, such as `/boot.ipxe`; afterwards it is looked for again
 */
export function filesOf(folder: string, onMissing: (path: string) => Promise<void>): HttpOptions['find'] {
  return async (path) => {
    const file = join(folder, path);
    await access(file).catch(() => onMissing(path));
    return { file };
  };
}
