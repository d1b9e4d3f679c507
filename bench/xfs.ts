/** A file system that shares blocks between files: XFS in a file. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../base/failure.js';
import type { Ground } from './ground.js';
import type { Row } from './measure.js';

/** Of the file that it is in, which takes what is written. */
const BYTES = 64 * 2 ** 30;

/** @returns what `work` does in its folder, or why the measure is left out */
export async function onXfs(
  ground: Ground,
  measure: string,
  work: (folder: string) => Promise<Row[]>,
): Promise<Row[]> {
  if (process.getuid?.() !== 0) return [{ measure, leftOut: 'mounting a file needs root' }];
  const [file, folder] = [join(ground.folder, 'xfs.img'), join(ground.folder, 'xfs')];
  const about = { doing: 'make and mount XFS in a file' };
  await mkdir(folder, { recursive: true });
  try {
    await ground.run(['truncate', '-s', '0', file], about);
    await ground.run(['truncate', '-s', String(BYTES), file], about);
    await ground.run(['mkfs.xfs', '-q', '-m', 'reflink=1', file], about);
    await ground.run(['mount', '-o', 'loop', file, folder], about);
  } catch (error) {
    const why =
      error instanceof Failure ? (error.command?.lastLines.at(-1) ?? error.diagnostics[0].found) : error;
    return [{ measure, leftOut: `XFS in a file cannot be mounted: ${String(why)}` }];
  }
  try {
    return await work(folder);
  } finally {
    await ground.run(['umount', folder], { doing: 'unmount XFS' });
  }
}
