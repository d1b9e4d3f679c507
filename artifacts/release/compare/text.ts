/** Short texts of a release, and how two of them differ. */
import { join } from 'node:path';
import type { Ports } from '../../../base/ports.js';
import type { Release } from '../release.js';

/** Longer files are not shown line by line, bytes. */
const LONGEST_TEXT = 64 * 1024;

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
