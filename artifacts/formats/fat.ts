/**
 * FAT file systems by mkfs.vfat(8) and mtools, nothing mounted. They are made in a file of their own and then copied into
 * the image, since mkfs.vfat measures the whole file even when it is given an offset and a size.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Argv, Ports } from '../../base/ports.js';
import { MIB, SECTOR } from './disk-layout.js';
import { copyInto, createSparse } from './sparse.js';

/** FAT32 needs 65,525 clusters; with clusters of one sector that is a little over 33 MiB with its tables. */
const LEAST_FAT32 = 34 * MIB;
/** Arguments that fit one command line with room to spare. */
const BATCH = 100;

export interface FatRequest {
  /** Bytes from the start of the disk. */
  readonly offset: number;
  readonly bytes: number;
  /** Path of a file that is made. */
  readonly file: string;
  /** At most 11 characters, upper-cased. */
  readonly label: string;
  /** `XXXX-XXXX` in hex digits. */
  readonly volumeId: string;
  /** Seconds since 1970, all files' time. */
  readonly epoch: number;
  readonly files: readonly FatFile[];
}

export interface FatFile {
  /** `/`-separated, without a leading slash. */
  readonly path: string;
  /** Path on the host. */
  readonly source: string;
}

/** The command that makes an empty FAT file system in a file of zeros. */
export function mkfsVfatArgv(request: FatRequest): Argv {
  const { offset, bytes, label, volumeId, file } = request;
  return [
    'mkfs.vfat',
    '--invariant',
    ...['-i', volumeId.replace('-', '')],
    ...['-n', label.toUpperCase().slice(0, 11)],
    ...['-S', String(SECTOR)],
    ...(bytes >= LEAST_FAT32 ? ['-F', '32'] : []),
    // The BIOS parameter block tells where the partition begins.
    ...['-h', String(offset / SECTOR)],
    file,
  ];
}

/** The folders that `files` need, parents first, in the order of their names. */
export function fatFolders(files: readonly Pick<FatFile, 'path'>[]): string[] {
  const folders = new Set<string>();
  for (const { path } of files) {
    const parts = path.split('/').slice(0, -1);
    parts.forEach((_, index) => folders.add(parts.slice(0, index + 1).join('/')));
  }
  return [...folders].sort(byCodeUnits);
}

/** A FAT file system in an image, by way of a file that is removed again. @throws Failure from the tools. */
export async function writeFat(run: Ports['run'], image: string, request: FatRequest): Promise<void> {
  try {
    await makeFat(run, request);
    await copyInto(request.file, image, request.offset);
  } finally {
    await rm(request.file, { force: true });
  }
}

/** Makes and fills a FAT file system; the same request gives the same bytes. @throws Failure from the tools. */
export async function makeFat(run: Ports['run'], request: FatRequest): Promise<void> {
  const { bytes, file, files } = request;
  const what = `FAT file system ${request.label}`;
  await createSparse(file, bytes);
  await run(mkfsVfatArgv(request), { doing: `create the ${what}` });
  const env = { SOURCE_DATE_EPOCH: String(request.epoch), MTOOLSRC: '/dev/null', MTOOLS_SKIP_CHECK: '1' };
  for (const folders of batches(fatFolders(files))) {
    const paths = folders.map((folder) => `::/${folder}`);
    await run(['mmd', '-i', file, ...paths], { doing: `create folders in the ${what}`, env });
  }
  for (const { path, source } of [...files].sort((a, b) => byCodeUnits(a.path, b.path))) {
    await run(['mcopy', '-i', file, source, `::/${path}`], { doing: `copy ${path} to the ${what}`, env });
  }
}

/** All files under a folder as content of a FAT file system, which has neither owners, modes nor links. */
export async function fatFilesUnder(folder: string): Promise<FatFile[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => {
      const source = join(entry.parentPath, entry.name);
      return { path: source.slice(folder.length + 1), source };
    })
    .sort((a, b) => byCodeUnits(a.path, b.path));
}

/**
 * The least size, a multiple of 1 MiB, of a file system that holds files of these sizes (bytes): clusters of at most 4 KiB,
 * two tables of four bytes a cluster of 512 bytes, and as much again for folders and the boot sectors.
 */
export function smallestFat(sizes: readonly number[]): number {
  const content = sizes.reduce((sum, size) => sum + Math.ceil(size / 4096) * 4096, 0);
  return Math.ceil((content * (1 + 2 / 64) + 4096 * sizes.length + 256 * 1024) / MIB) * MIB;
}

function batches<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / BATCH) }, (_, index) =>
    items.slice(index * BATCH, (index + 1) * BATCH),
  );
}

/** Parents sort before what is in them, on every host alike. */
function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
