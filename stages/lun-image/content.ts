/** What each partition will hold and how much room that takes, known before anything is written. */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../artifacts/failure.js';
import { type DiskLayout, MIB, mib } from '../../artifacts/formats/disk-layout.js';
import type { DiskSpec, PartitionSpec } from '../../artifacts/formats/disk-spec.js';
import { BLOCK, ext4Geometry, ext4Shortage, smallestExt4 } from '../../artifacts/formats/ext4-size.js';
import { type FatFile, fatFilesUnder, smallestFat } from '../../artifacts/formats/fat.js';
import { measureTree, type TreeSize } from '../../artifacts/formats/tree-size.js';
import { rootTree } from '../rootfs/tree.js';

export type Content =
  | {
      readonly kind: 'ext4';
      readonly tree: string;
      readonly hidden: readonly string[];
      readonly size: TreeSize;
    }
  | { readonly kind: 'vfat'; readonly files: readonly FatFile[]; readonly bytes: number }
  | { readonly kind: 'swap' | 'none' };

/** Contents by the partition's name. */
export type Contents = ReadonlyMap<string, Content>;

export interface RoomOptions {
  readonly reservedPercent: number;
  /** Bytes that stay free in a partition without a size. */
  readonly free: number;
}

/** The kernel and systemd mount these; what a tree has in them is of the build's own time. */
const VIRTUAL = ['/dev', '/proc', '/run', '/sys'];

export interface ContentSource {
  readonly rootfs: string;
  /** A private folder. */
  readonly scratch: string;
  /** The boot loader's files of the ESP. */
  readonly espFiles: readonly FatFile[];
}

/** Measures what each partition of a disk will hold: the part of the tree that lies under its mount point. */
export async function findContents(disk: DiskSpec, source: ContentSource): Promise<Contents> {
  const contents = new Map<string, Content>();
  for (const partition of disk.partitions)
    contents.set(partition.name, await findContent(partition, disk, source));
  return contents;
}

async function findContent(
  partition: PartitionSpec,
  disk: DiskSpec,
  source: ContentSource,
): Promise<Content> {
  const { filesystem, mount, type } = partition;
  if (filesystem === undefined) return { kind: 'none' };
  if (filesystem === 'swap') return { kind: 'swap' };
  const below = mount === undefined ? undefined : await rootTree(source.rootfs).resolve(mount);
  if (filesystem === 'vfat') {
    const found = below === undefined ? [] : await fatFilesUnder(below);
    const own = type === 'esp' ? source.espFiles : [];
    const files = [...found.filter(({ path }) => !own.some((file) => file.path === path)), ...own];
    const sizes = await Promise.all(files.map(async (file) => (await stat(file.source)).size));
    return { kind: 'vfat', files, bytes: smallestFat(sizes) };
  }
  const mounts = disk.partitions.flatMap((other) => other.mount ?? []);
  const hidden = mount === undefined ? [] : hiddenUnder(mount, [...VIRTUAL, ...mounts]);
  const tree = below ?? (await emptyFolder(source.scratch));
  return { kind: 'ext4', tree, hidden, size: await measureTree(tree, hidden) };
}

/** Those of `paths` that lie under a mount point, relative to it. */
export function hiddenUnder(mount: string, paths: readonly string[]): string[] {
  const base = mount === '/' ? '/' : `${mount}/`;
  return paths
    .filter((path) => path.startsWith(base) && path !== mount)
    .map((path) => path.slice(base.length));
}

async function emptyFolder(scratch: string): Promise<string> {
  const path = join(scratch, 'empty');
  await mkdir(path, { recursive: true, mode: 0o755 });
  return path;
}

/** Bytes that a partition with the size `grow` on a disk without a size takes for its content. */
export function contentBytes(content: Content, options: RoomOptions): number {
  if (content.kind === 'ext4') return smallestExt4({ ...options, tree: content.size });
  return content.kind === 'vfat' ? content.bytes + options.free : MIB;
}

/**
 * Refuses partitions that cannot hold what belongs into them.
 * @throws Failure of kind `recipe` that says of each by how much it is too small.
 */
export function requireRoom(layout: DiskLayout, contents: Contents, reservedPercent: number): void {
  const [first, ...more] = layout.partitions.flatMap((partition) => {
    const content = contents.get(partition.name);
    const lacking = content === undefined ? 0 : shortage(content, partition.bytes, reservedPercent);
    if (content === undefined || lacking === 0) return [];
    return [
      {
        what: `The partition ${partition.name} of ${mib(partition.bytes)} is ${mib(lacking)} too small for its content.`,
        expected: `at least ${mib(partition.bytes + lacking)}: ${describe(content, partition.bytes + lacking, reservedPercent)}`,
        found: mib(partition.bytes),
        hint: 'Enlarge the partition or the disk, or install less.',
      },
    ];
  });
  if (first !== undefined) throw new Failure('recipe', [first, ...more]);
}

function shortage(content: Content, bytes: number, reservedPercent: number): number {
  if (content.kind === 'ext4') return ext4Shortage(bytes, { tree: content.size, reservedPercent, free: 0 });
  return content.kind === 'vfat' ? Math.max(0, content.bytes - bytes) : 0;
}

function describe(content: Content, bytes: number, reservedPercent: number): string {
  if (content.kind === 'vfat') return `${count(content.files.length)} and the file allocation tables`;
  if (content.kind !== 'ext4') return 'the least possible';
  const { overheadBlocks, reservedBlocks } = ext4Geometry(bytes, content.size, { reservedPercent });
  const size = (blocks: number) => mib(blocks * BLOCK);
  return `${count(content.size.inodes)} of ${size(content.size.blocks)}, about ${size(overheadBlocks)} for journal and metadata and ${size(reservedBlocks)} of reserve`;
}

function count(files: number): string {
  return files === 1 ? '1 file' : `${files} files`;
}
