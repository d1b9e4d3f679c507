/** Files of a release as the comparison reads them. */
import { join } from 'node:path';
import { Failure } from '../../../base/failure.js';
import type { Ports } from '../../../base/ports.js';
import { readRegular } from '../../../base/regular-file.js';
import type { Release } from '../release.js';

/** Longer files are not shown line by line, bytes. */
const LONGEST_TEXT = 64 * 1024;
/** What lies beside the LUN image is a boot artifact: an initramfs is the largest, bytes. */
const MOST_BESIDE = 256 * 1024 * 1024;

/** @throws Failure of kind `integrity` when the file is missing */
export async function readReleaseFile(release: Release, path: string): Promise<Buffer> {
  try {
    return await readRegular(join(release.path, path), { most: MOST_BESIDE });
  } catch (error) {
    throw asDamage(error, release, path);
  }
}

/** A file that cannot be opened as damage of its release; any other error as it is. */
export function asDamage(error: unknown, release: Release, path: string): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return error;
  return new Failure(
    'integrity',
    {
      what: `The release ${release.path} is damaged.`,
      expected: 'the files that its manifest describes',
      found: `${path}: missing`,
      hint: 'Build it again.',
    },
    { cause: error },
  );
}

/** The text, when the bytes are a short one: UTF-8 without NUL. */
export function asText(bytes: Buffer): string | undefined {
  if (bytes.length > LONGEST_TEXT || bytes.includes(0)) return undefined;
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

/** The lines of a unified difference (diff(1)) of one file of two releases, without the two lines of names. */
export async function unifiedDifference(
  a: Release,
  b: Release,
  path: string,
  run: Ports['run'],
): Promise<string[]> {
  const { stdout } = await run(['diff', '-U', '3', '--', join(a.path, path), join(b.path, path)], {
    doing: `compare ${path} of both releases`,
    quiet: true,
    okExitCodes: [0, 1],
  });
  return stdout.split('\n').slice(2, -1);
}
