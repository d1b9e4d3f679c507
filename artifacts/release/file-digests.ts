/** Digests of a release's files, with the name of their algorithm in front, as OCI writes them. */

import type { DigestOptions } from '../formats/file-digest.js';
import { sha256File } from '../formats/file-digest.js';
import { fsVerityDigest } from '../formats/fs-verity.js';

/**
 * From this many bytes on a file is a disk image: its digest is that of fs-verity, which takes time for what is written
 * and none for holes. Smaller files have the sha256 that sha256sum(1) shows.
 */
const IMAGE_BYTES = 256 * 1024 * 1024;

export const DIGEST_PATTERN = /^(sha256|fsverity):[0-9a-f]{64}$/;

/** `sha256:HEX` or `fsverity:HEX` of a file. */
export async function digestFile(path: string, bytes: number, options: DigestOptions = {}): Promise<string> {
  return bytes < IMAGE_BYTES
    ? `sha256:${await sha256File(path, options)}`
    : `fsverity:${await fsVerityDigest(path, options)}`;
}

/** Whether a file has this digest, whatever its algorithm. */
export async function hasDigest(path: string, digest: string, options: DigestOptions = {}): Promise<boolean> {
  const [algorithm, hex] = digest.split(':');
  return hex === (await (algorithm === 'fsverity' ? fsVerityDigest : sha256File)(path, options));
}
