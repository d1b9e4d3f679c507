/** EXTLINUX: in the boot sector and in files of the file system of /boot, else of the root, from which it reads kernel and initramfs, for BIOS. */
import { open } from 'node:fs/promises';
import { type PlacedPartition, SECTOR } from '../../../artifacts/formats/disk-layout.js';
import { pathOnBoot } from '../../../artifacts/formats/disk-spec.js';
import { findExt4File } from '../../../artifacts/formats/ext4-read/find.js';
import { BLOCK } from '../../../artifacts/formats/ext4-size.js';
import type { Span } from '../../../artifacts/formats/ranges.js';
import { writeAll, writeAt } from '../../../artifacts/formats/sparse.js';
import { paddedConfig, syslinuxConfig } from '../../../artifacts/formats/syslinux/config.js';
import { readBootCode, syslinuxParts } from '../../../artifacts/formats/syslinux/install.js';
import { placeLdlinux, unplaced, withoutFat } from '../../../artifacts/formats/syslinux/ldlinux.js';
import { Failure } from '../../../base/failure.js';
import type { Extlinux, LinkedLoader, LoaderSource } from './linked.js';

const CORE = 'ldlinux.sys';
const CONFIG = 'extlinux.conf';
const SECTORS_PER_BLOCK = BLOCK / SECTOR;

export async function linkExtlinux({ run, recipe, scratch, config }: LoaderSource): Promise<LinkedLoader> {
  const parts = await syslinuxParts(run, scratch);
  const text = paddedConfig(syslinuxConfig(config));
  const folder = pathOnBoot(recipe.disk, '/boot/extlinux');
  return {
    bootCode: await readBootCode(recipe.disk.table),
    extlinux: {
      parts,
      folder,
      config: text,
      files: [
        { path: `${folder}/${CORE}`, bytes: unplaced(parts.core), immutable: true },
        { path: `${folder}/ldlinux.c32`, bytes: parts.module },
        { path: `${folder}/${CONFIG}`, bytes: text },
      ],
    },
  };
}

/**
 * Makes the file system of an image that has the files one that boots.
 * @returns where the configuration lies, bytes of the image
 * @throws Failure of kind `integrity` when the files are not there as they should be
 */
export async function installExtlinux(
  image: string,
  partition: PlacedPartition,
  { parts, folder, files }: Extlinux,
): Promise<Span[]> {
  const { offset, name } = partition;
  const file = await open(image, 'r+');
  try {
    const spansOf = async (own: string) => {
      const path = `${folder}/${own}`;
      const { bytes } = files.find((each) => each.path === path) as Extlinux['files'][number];
      const { size, extents } = await findExt4File({ file, offset, name }, path);
      const spans = blockSpans(extents, bytes.length);
      if (size !== bytes.length || spans === undefined) throw notWritten(path, bytes.length, size);
      return spans;
    };
    const core = await spansOf(CORE);
    const sectors = core.flatMap(({ start }) =>
      Array.from({ length: SECTORS_PER_BLOCK }, (_, index) => start / SECTOR + index),
    );
    const placed = placeLdlinux(parts, {
      sectors: sectors.slice(0, parts.core.length / SECTOR),
      directory: folder,
    });
    await writeSpans(file, offset, core, placed.core);
    await writeAll(file, withoutFat(placed.boot, partition), offset);
    const config = await spansOf(CONFIG);
    return config.map(({ start, end }) => ({ start: offset + start, end: offset + end }));
  } finally {
    await file.close();
  }
}

/** Puts a configuration where another one lay. @param spans bytes of the image, a block each, in the file's order */
export async function replaceConfig(
  image: string,
  spans: readonly Span[],
  { config }: Extlinux,
): Promise<void> {
  for (const [index, { start }] of spans.entries())
    await writeAt(image, start, config.subarray(index * BLOCK, (index + 1) * BLOCK));
}

type Extents = Awaited<ReturnType<typeof findExt4File>>['extents'];

/** The blocks of a file, bytes of the file system; undefined when one is not written. */
function blockSpans(extents: Extents, bytes: number): Span[] | undefined {
  const blocks = extents.flatMap(({ start, end, physical, unwritten }) =>
    unwritten
      ? []
      : Array.from({ length: end - start }, (_, index) => [start + index, physical + index] as const),
  );
  const physical = new Map(blocks);
  const spans = Array.from({ length: Math.ceil(bytes / BLOCK) }, (_, index) => physical.get(index) ?? 0);
  if (spans.includes(0)) return undefined;
  return spans.map((block) => ({ start: block * BLOCK, end: (block + 1) * BLOCK }));
}

async function writeSpans(
  file: Awaited<ReturnType<typeof open>>,
  offset: number,
  spans: readonly Span[],
  bytes: Buffer,
): Promise<void> {
  for (const [index, { start }] of spans.entries())
    await writeAll(file, bytes.subarray(index * BLOCK, (index + 1) * BLOCK), offset + start);
}

function notWritten(path: string, expected: number, found: number): Failure {
  return new Failure('integrity', {
    what: `The boot loader's file ${path} was not written as it should be.`,
    expected: `${expected} bytes without a hole`,
    found: `${found} bytes`,
    hint: 'See what debugfs said, in the log of this step.',
  });
}
