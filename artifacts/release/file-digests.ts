/** Digests of a release's files, with the name of their algorithm in front, as OCI writes them. */
import { stat } from 'node:fs/promises';
import type { DigestOptions } from '../formats/file-digest.js';
import { sha256File } from '../formats/file-digest.js';
import { digestOfTree, fsVerityDigest, type VerityTree } from '../formats/fs-verity.js';

/**
 * From this many bytes on a file is a disk image: its digest is that of fs-verity, which takes time for what is written
 * and none for holes. Smaller files have the sha256 that sha256sum(1) shows.
 */
const IMAGE_BYTES = 256 * 1024 * 1024;

export const DIGEST_PATTERN = /^(sha256|fsverity):[0-9a-f]{64}$/;

export interface FileDigestOptions extends DigestOptions {
  /** Digests that need not be taken again. Default: none. */
  readonly taken?: TakenDigests;
}

/** `sha256:HEX` or `fsverity:HEX` of a file. */
export async function digestFile(
  path: string,
  bytes: number,
  { taken, ...options }: FileDigestOptions = {},
): Promise<string> {
  if (bytes < IMAGE_BYTES) return `sha256:${await sha256File(path, options)}`;
  return (await taken?.of(path)) ?? `fsverity:${await fsVerityDigest(path, options)}`;
}

/** Whether a file has this digest, whatever its algorithm. */
export async function hasDigest(path: string, digest: string, options: DigestOptions = {}): Promise<boolean> {
  const [algorithm, hex] = digest.split(':');
  return hex === (await (algorithm === 'fsverity' ? fsVerityDigest : sha256File)(path, options));
}

/** Digests of images, noted by their writer: they hold for every hard link of the file, and until it is written to. */
export interface TakenDigests {
  note(path: string, tree: VerityTree): Promise<void>;
  of(path: string): Promise<string | undefined>;
}

export function takenDigests(): TakenDigests {
  const known = new Map<string, string>();
  const identity = async (path: string) => {
    const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs].join(' ');
  };
  return {
    note: async (path, tree) => void known.set(await identity(path), `fsverity:${digestOfTree(tree)}`),
    of: async (path) => known.get(await identity(path)),
  };
}
