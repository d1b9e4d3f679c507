/** A LUN image but for its boot loader: partition table, ext4, Btrfs, swap and plain FAT. */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeBtrfs } from '../../artifacts/formats/btrfs.js';
import type { DiskLayout, PlacedPartition } from '../../artifacts/formats/disk-layout.js';
import { writeExt4 } from '../../artifacts/formats/ext4.js';
import { ext4Geometry } from '../../artifacts/formats/ext4-size.js';
import { writeFat } from '../../artifacts/formats/fat.js';
import { writePartitionTable } from '../../artifacts/formats/partition-table.js';
import { createSparse, fileSizes } from '../../artifacts/formats/sparse.js';
import { writeSwap } from '../../artifacts/formats/swap.js';
import type { TopDirectory } from '../../artifacts/formats/tree-size.js';
import { Failure } from '../../base/failure.js';
import type { StageContext } from '../../pipeline/stage.js';
import type { Content, Contents } from './content.js';
import { hideContent } from './hide.js';

/** Milliseconds between two looks at how much of the image is written. */
const LOOK = 500;

type Context = Pick<StageContext<unknown>, 'run' | 'signal' | 'scratch' | 'epoch' | 'progress'>;

export interface FileSystemsRequest {
  /** Path of the image, which is made. */
  readonly image: string;
  readonly layout: DiskLayout;
  readonly contents: Contents;
  /** Of each ext4 file system. */
  readonly reservedPercent: number;
  /** File systems that come with the boot loader. */
  readonly without: ReadonlySet<string>;
}

/** Writes the image; what the boot loaders take stays a hole. @throws Failure from the tools. */
export async function writeFileSystems(ctx: Context, request: FileSystemsRequest): Promise<void> {
  const { image, layout, contents, without } = request;
  await createSparse(image, layout.bytes);
  await writePartitionTable(ctx.run, image, layout);
  for (const partition of layout.partitions) {
    const content = contents.get(partition.name);
    if (content === undefined || without.has(partition.name)) continue;
    await writeFileSystem(ctx, request, partition, content);
  }
}

async function writeFileSystem(
  ctx: Context,
  { image, reservedPercent }: FileSystemsRequest,
  partition: PlacedPartition,
  content: Content,
): Promise<void> {
  const { name, offset, bytes } = partition;
  const { run, epoch } = ctx;
  const label = name;
  switch (content.kind) {
    case 'none':
      return;
    case 'swap':
      return writeSwap(image, offset, bytes, filesystemUuid(partition));
    case 'vfat': {
      const volumeId = filesystemUuid(partition);
      const file = join(ctx.scratch, `${name}.fat`);
      const { files } = content;
      return writeFat(run, image, { offset, bytes, file, label, volumeId, epoch, files });
    }
    case 'btrfs': {
      const { tree, hidden, size } = content;
      const uuid = filesystemUuid(partition);
      const { scratch } = ctx;
      const top = await topOf(partition, tree);
      await using _hidden = await hideContent(ctx, tree, hidden, scratch);
      await using _progress = await watchWriting(ctx, image, `write ${name}`, size.blocks * 4096);
      const place = { image, offset, bytes, label, uuid, mount: partition.mount };
      await writeBtrfs(ctx, { ...place, tree, top, size, epoch, scratch });
      return;
    }
    case 'ext4': {
      const { tree, hidden, size, inserted } = content;
      const geometry = ext4Geometry(bytes, size, { reservedPercent });
      const uuid = filesystemUuid(partition);
      await using _hidden = await hideContent(ctx, tree, hidden, ctx.scratch);
      await using _progress = await watchWriting(ctx, image, `write ${name}`, size.blocks * 4096);
      await writeExt4(run, {
        image,
        offset,
        geometry,
        label,
        uuid,
        reservedPercent,
        tree,
        top: await topOf(partition, tree),
        epoch,
        inserted: { files: inserted, scratch: ctx.scratch },
      });
    }
  }
}

/** A mount point's mode and owner become those of the file system on it; the root's own say who made its folder. */
async function topOf({ mount }: PlacedPartition, tree: string): Promise<TopDirectory | undefined> {
  if (mount === undefined || mount === '/') return undefined;
  const { mode, uid, gid } = await lstat(tree);
  return { mode: mode & 0o7777, uid, gid };
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

/** @throws Failure of kind `recipe` when the partition has none */
export function filesystemUuid({ name, filesystemUuid: uuid }: PlacedPartition): string {
  if (uuid !== undefined) return uuid;
  throw new Failure('recipe', { what: `The file system of the partition ${name} has no UUID.` });
}
