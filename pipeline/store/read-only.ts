/**
 * Files of outputs have hard links in releases and in other entries: who writes into one by any of its links
 * changes it under all. So none is writable once it is finished. Root is not stopped by that, and damage is looked for.
 */
import { chmod, lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { filesBelow } from './tree-digest.js';

/** chmod(2): what lets owner, group and others write. */
const WRITE_BITS = 0o222;

/** Takes the right to write from all files below a folder; directories keep it, so that all of it can be removed. */
export async function makeReadOnly(folder: string): Promise<void> {
  for (const path of await filesBelow(folder)) {
    const file = join(folder, path);
    const { mode } = await lstat(file);
    // A part's file has a name here too, and nothing of it changes any more, not even its ctime.
    if ((mode & WRITE_BITS) !== 0) await chmod(file, mode & 0o7777 & ~WRITE_BITS);
  }
}
