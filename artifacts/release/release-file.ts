/** Files of a release, opened for reading. */
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/failure.js';
import { openRegular, readRegular } from '../../base/regular-file.js';
import type { Manifest } from './manifest.js';
import type { Release } from './release.js';
import { lunImageOf } from './roles.js';

/** What lies beside the LUN image is a boot artifact: an initramfs is the largest, bytes. */
const MOST_BESIDE = 256 * 1024 * 1024;

export type Partition = Manifest['disk']['partitions'][number];

/** @throws Failure of kind `integrity` when the file is missing */
export async function readReleaseFile(release: Release, path: string): Promise<Buffer> {
  try {
    return await readRegular(join(release.path, path), { most: MOST_BESIDE });
  } catch (error) {
    throw asDamage(error, release, path);
  }
}

/** A file that cannot be opened as damage of its release; any other error as it is. */
function asDamage(error: unknown, release: Release, path: string): unknown {
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

/** The LUN image. @throws Failure of kind `integrity` when it is missing */
export async function openDisk(release: Release): Promise<FileHandle> {
  try {
    return await openRegular(imagePath(release));
  } catch (error) {
    throw asDamage(error, release, lunImageOf(release.manifest));
  }
}

export function imagePath({ path, manifest }: Release): string {
  return join(path, lunImageOf(manifest));
}
