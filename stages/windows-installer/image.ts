/** Writes an installer's LUN image: files out of the medium, a FAT file system of them, table and boot code. Needs neither root nor mounts. */
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { DiskLayout } from '../../artifacts/formats/disk-layout.js';
import { type FatFile, writeFat } from '../../artifacts/formats/fat.js';
import { biosPlace, embedBiosGrub } from '../../artifacts/formats/grub.js';
import { makeNtldrGrub } from '../../artifacts/formats/grub-ntldr.js';
import { writePartitionTable } from '../../artifacts/formats/partition-table.js';
import { createSparse } from '../../artifacts/formats/sparse.js';
import { copyUdfFile } from '../../artifacts/formats/udf-read/copy.js';
import type { UdfFile } from '../../artifacts/formats/udf-read/tree.js';
import { splitWim } from '../../artifacts/formats/wim-split.js';
import type { StageContext } from '../../pipeline/stage.js';
import type { Contents } from './contents.js';
import type { Medium } from './medium.js';

export interface ImageRequest {
  /** Path of the image, which is made. */
  readonly image: string;
  readonly medium: Medium;
  readonly contents: Contents;
  readonly layout: DiskLayout;
  /** Volume label. */
  readonly label: string;
  /** Bytes of a part of a split archive. */
  readonly partBytes: number;
}

type Context = Pick<StageContext<unknown>, 'run' | 'scratch' | 'epoch' | 'progress'>;

/** @throws Failure from the tools, or of kind `integrity` when the medium is cut off */
export async function writeInstaller(ctx: Context, request: ImageRequest): Promise<void> {
  const { image, layout, medium, label } = request;
  const [partition] = layout.partitions;
  if (partition?.filesystemUuid === undefined) return;
  const tree = join(ctx.scratch, 'medium');
  try {
    const files = await takeOut(ctx, request, tree);
    await createSparse(image, layout.bytes);
    await writePartitionTable(ctx.run, image, layout);
    const { offset, bytes, filesystemUuid: volumeId } = partition;
    const file = join(ctx.scratch, 'installer.fat');
    await writeFat(ctx.run, image, { offset, bytes, file, label, volumeId, epoch: ctx.epoch, files });
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
  const place = biosPlace(layout);
  if (medium.loaders.bios !== undefined && place !== undefined)
    await embedBiosGrub(image, await makeNtldrGrub(ctx.run, ctx.scratch), place);
}

/** All files under names of our own in one folder: no name of a disc becomes one of the host. */
async function takeOut(ctx: Context, request: ImageRequest, tree: string): Promise<FatFile[]> {
  const { medium, contents, partBytes } = request;
  const { plain, split, added } = contents;
  const total = [...plain, ...(split === undefined ? [] : [split])].reduce(
    (sum, { bytes }) => sum + bytes,
    0,
  );
  let done = 0;
  await mkdir(tree);
  const take = async (file: UdfFile, index: number): Promise<string> => {
    const source = join(tree, String(index));
    await copyUdfFile(medium.iso, file, source);
    done += file.bytes;
    ctx.progress('take files out of the medium', done, total, 'bytes');
    return source;
  };
  const files: FatFile[] = added.map(({ path, source }) => ({ path, source }));
  for (const [index, file] of plain.entries())
    files.push({ path: file.path, source: await take(file, index) });
  if (split === undefined) return files;
  const folder = join(tree, 'parts');
  await mkdir(folder);
  const archive = await take(split, plain.length);
  const stem = basename(split.path).replace(/\.wim$/i, '');
  const parts = await splitWim(ctx.run, { archive, folder, stem, partBytes });
  await rm(archive);
  return [
    ...files,
    ...parts.map((part) => ({ path: `${dirname(split.path)}/${part}`, source: join(folder, part) })),
  ];
}
