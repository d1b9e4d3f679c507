/** Whether files can be made in a folder, asked before anything is written: access(2) knows modes and mounts that are read-only. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface NearestFolder {
  /** The folder itself, or the nearest one above it that is there. */
  readonly folder: string;
  /** Why no file can be made in it: `EROFS`; undefined when one can. */
  readonly refused?: string;
}

/** @param path absolute, of a folder that is there or that is to be made */
export async function nearestFolder(path: string): Promise<NearestFolder> {
  const found = await stat(path).catch((error: unknown) => codeOf(error));
  if (found === 'ENOENT' && dirname(path) !== path) return nearestFolder(dirname(path));
  if (typeof found === 'string') return { folder: path, refused: found };
  if (!found.isDirectory()) return { folder: path, refused: 'ENOTDIR' };
  return access(path, constants.W_OK | constants.X_OK).then(
    () => ({ folder: path }),
    (error: unknown) => ({ folder: path, refused: codeOf(error) }),
  );
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
