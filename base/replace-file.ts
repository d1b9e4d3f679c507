/** Files that others read while they are replaced: they see the old one or the whole new one. */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

export interface ReplaceOptions {
  /** Permission bits, whatever the umask. Default: what the umask leaves of 0666. */
  readonly mode?: number;
}

/** What a process that was killed may leave beside a file that it was replacing. */
export const HALF_WRITTEN = /\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.partial$/;

/** Where a file is written before it gets its name. */
export function partialOf(path: string): string {
  return `${path}.${randomUUID()}.partial`;
}

/** Writes a file beside its place and renames it there; when that fails nothing is left of it. */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  { mode }: ReplaceOptions = {},
): Promise<void> {
  const partial = partialOf(path);
  try {
    const file = await open(partial, 'wx', mode);
    try {
      await file.writeFile(content);
      // The umask may have taken bits away.
      if (mode !== undefined) await file.chmod(mode);
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
