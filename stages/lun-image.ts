/** Turns the root tree into the disk that a client boots from: partition table, file systems, boot loader. */
import { join } from 'node:path';
import { z } from 'zod';
import { Failure } from '../artifacts/failure.js';
import { type DiskLayout, MIB, type PlacedPartition, planLayout } from '../artifacts/formats/disk-layout.js';
import { writeExt4 } from '../artifacts/formats/ext4.js';
import { ext4Geometry } from '../artifacts/formats/ext4-size.js';
import { type FatFile, writeFat } from '../artifacts/formats/fat.js';
import { biosPlace, embedBiosGrub, type GrubFormat, makeGrubImage } from '../artifacts/formats/grub.js';
import { grubConfig } from '../artifacts/formats/grub-config.js';
import { writePartitionTable } from '../artifacts/formats/partition-table.js';
import { fileSizes } from '../artifacts/formats/sparse.js';
import { writeSwap } from '../artifacts/formats/swap.js';
import { defineStage, type StageContext } from '../pipeline/stage.js';
import { bootLoaders, requireKernel, rootPartition, systemTitle } from './lun-image/boot.js';
import { layoutFindings, loaderFindings } from './lun-image/check.js';
import { type Content, type Contents, contentBytes, findContents, requireRoom } from './lun-image/content.js';
import { describeDisk } from './lun-image/describe.js';
import { hideContent } from './lun-image/hide.js';
import { newImageFile } from './lun-image/image-file.js';

/** Milliseconds between two looks at how much of the image is written. */
const LOOK = 500;

const options = z.strictObject({
  'reserved-percent': z
    .number()
    .min(0)
    .max(50)
    .default(1)
    .describe('Part of each ext4 file system, in percent, that only root may fill.'),
  free: z
    .string()
    .regex(/^[0-9]+[MG]$/, 'a size such as `256M` or `2G`')
    .default('256M')
    .describe('What stays free in a partition of size `grow` when the disk has no size.'),
  'menu-seconds': z.int().min(0).max(600).default(1).describe('Seconds for which the boot menu waits.'),
});
type Options = z.output<typeof options>;

export const lunImage = defineStage({
  name: 'lun-image',
  summary: 'Write the LUN image: partition table, file systems and the boot loader GRUB for BIOS and UEFI.',
  kind: 'output',
  options,
  tools: [
    { name: 'sfdisk', package: 'fdisk' },
    { name: 'mke2fs', package: 'e2fsprogs', min: '1.47.0' },
    { name: 'mkfs.vfat', package: 'dosfstools' },
    { name: 'mcopy', package: 'mtools' },
    { name: 'mmd', package: 'mtools' },
    { name: 'grub-mkimage', package: 'grub-common' },
  ],
  check: ({ recipe }) => [...layoutFindings(recipe), ...loaderFindings(recipe)],
  async run(ctx) {
    const { disk } = ctx.recipe;
    const boot = await linkBootLoaders(ctx);
    const contents = await findContents(disk, {
      rootfs: ctx.rootfs,
      scratch: ctx.scratch,
      espFiles: boot.espFiles,
    });
    const layout = planLayout(disk, growBytes(ctx, contents));
    requireRoom(layout, contents, ctx.options['reserved-percent']);

    await using image = await newImageFile(join(ctx.output, 'disk.img'), layout.bytes);
    await writePartitionTable(ctx.run, image.path, layout);
    for (const partition of layout.partitions) {
      const content = contents.get(partition.name);
      if (content !== undefined) await writeFileSystem(ctx, image.path, partition, content);
    }
    if (boot.biosCore !== undefined) await embedBios(image.path, boot.biosCore, layout);
    image.keep();
    ctx.record('disk', describeDisk(layout));
  },
});

type Context = StageContext<Options>;

interface LinkedLoaders {
  /** Path of GRUB's core image for BIOS. */
  readonly biosCore?: string;
  readonly espFiles: readonly FatFile[];
}

async function linkBootLoaders(ctx: Context): Promise<LinkedLoaders> {
  const { disk, architecture, kernel, name } = ctx.recipe;
  const { bios, uefi } = bootLoaders(disk, architecture);
  if (bios === undefined && uefi === undefined) return { espFiles: [] };
  await requireKernel(ctx.rootfs);
  const config = grubConfig({
    title: await systemTitle(ctx.rootfs, name),
    rootUuid: rootPartition(disk).filesystemUuid,
    commandLine: kernel.commandLine,
    menuSeconds: ctx.options['menu-seconds'],
  });
  const link = (format: GrubFormat) => makeGrubImage(ctx.run, { format, config, scratch: ctx.scratch });
  return {
    ...(bios === undefined ? {} : { biosCore: await link(bios) }),
    espFiles: uefi === undefined ? [] : [{ path: uefi.path, source: await link(uefi.format) }],
  };
}

/** What the growing partition needs; 0 on a disk without one, where it does not matter. */
function growBytes(ctx: Context, contents: Contents): number {
  const grow = ctx.recipe.disk.partitions.find(({ size }) => size === 'grow');
  const content = grow === undefined ? undefined : contents.get(grow.name);
  if (content === undefined) return 0;
  return contentBytes(content, {
    reservedPercent: ctx.options['reserved-percent'],
    free: sizeOf(ctx.options.free),
  });
}

function sizeOf(text: string): number {
  return Number.parseInt(text, 10) * (text.endsWith('G') ? 1024 * MIB : MIB);
}

async function writeFileSystem(
  ctx: Context,
  image: string,
  partition: PlacedPartition,
  content: Content,
): Promise<void> {
  const { name, offset, bytes } = partition;
  const { run, epoch } = ctx;
  const reservedPercent = ctx.options['reserved-percent'];
  switch (content.kind) {
    case 'none':
      return;
    case 'swap':
      return writeSwap(image, offset, bytes, filesystemUuid(partition));
    case 'vfat': {
      const volumeId = filesystemUuid(partition);
      const scratch = join(ctx.scratch, `${name}.fat`);
      return writeFat(run, {
        image,
        offset,
        bytes,
        scratch,
        label: name,
        volumeId,
        epoch,
        files: content.files,
      });
    }
    case 'ext4': {
      await using _hidden = await hideContent(ctx, content.tree, content.hidden, ctx.scratch);
      await using _progress = await watchWriting(ctx, image, `write ${name}`, content.size.blocks * 4096);
      const geometry = ext4Geometry(bytes, content.size, { reservedPercent });
      const uuid = filesystemUuid(partition);
      await writeExt4(run, {
        image,
        offset,
        geometry,
        label: name,
        uuid,
        reservedPercent,
        tree: content.tree,
        epoch,
      });
    }
  }
}

/** Tells how much of `total` bytes is written, by what the image has come to allocate. */
async function watchWriting(
  ctx: Context,
  image: string,
  what: string,
  total: number,
): Promise<AsyncDisposable> {
  const before = (await fileSizes(image)).allocated;
  const tell = async () => {
    const { allocated } = await fileSizes(image);
    ctx.progress(what, Math.min(allocated - before, total), total, 'bytes');
  };
  const timer = setInterval(() => void tell().catch(() => undefined), LOOK);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await tell();
    },
  };
}

function filesystemUuid({ name, filesystemUuid: uuid }: PlacedPartition): string {
  if (uuid !== undefined) return uuid;
  throw new Failure('recipe', { what: `The file system of the partition ${name} has no UUID.` });
}

async function embedBios(image: string, core: string, layout: DiskLayout): Promise<void> {
  const place = biosPlace(layout);
  if (place !== undefined) await embedBiosGrub(image, core, place);
}
