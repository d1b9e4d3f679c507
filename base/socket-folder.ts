/** A private folder for Unix sockets, whose addresses have room for 107 bytes (unix(7)). */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from './failure.js';

/** Bytes: leaves room for a folder of 20 in it and for names of 26, such as those that ssh gives the socket while it makes it. */
const LONGEST_TEMPORARY_FOLDER = 60;

/**
 * In the temporary folder of this process, where ssh can use it: it splits what it is told at spaces and expands `%`
 * (ssh_config(5), ControlPath). Else in /tmp.
 * @param prefix of its name, at most 14 bytes
 * @throws Failure of kind `host` when none can be made
 */
export async function socketFolder(prefix: string): Promise<string> {
  const folder = tmpdir();
  const fit = Buffer.byteLength(folder) <= LONGEST_TEMPORARY_FOLDER && /^[A-Za-z0-9._/+-]+$/.test(folder);
  const made = fit ? await mkdtemp(join(folder, prefix)).catch(() => undefined) : undefined;
  if (made !== undefined) return made;
  return await mkdtemp(join('/tmp', prefix)).catch((error: unknown) => {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new Failure('host', {
      what: 'No folder can be made for the connection.',
      expected: 'a temporary folder that can be written, by TMPDIR or /tmp',
      found: `${folder === '/tmp' ? '' : `${folder}, and `}/tmp: ${code}`,
      hint: 'Set TMPDIR to a folder that is there and that you may write.',
    });
  });
}
