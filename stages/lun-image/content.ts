/** What each partition will hold and how much room that takes, known before anything is written. */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { smallestBtrfs } from '../../artifacts/formats/btrfs-size.js';
import { type DiskLayout, MIB, mib } from '../../artifacts/formats/disk-layout.js';
import { bootPartition, type DiskSpec, type PartitionSpec } from '../../artifacts/formats/disk-spec.js';
import { type InsertedFile, insertedSize } from '../../artifacts/formats/ext4-insert.js';
import { BLOCK, ext4Geometry, ext4Shortage, smallestExt4 } from '../../artifacts/formats/ext4-size.js';
import { type FatFile, fatFilesUnder, smallestFat } from '../../artifacts/formats/fat.js';
import { type DenseSize, measureTree, type TreeSize } from '../../artifacts/formats/tree-size.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { rootTree } from '../rootfs/tree.js';

export type Content =
  | {
      readonly kind: 'ext4' | 'btrfs';
      readonly tree: string;
      readonly hidden: readonly string[];
      /** The boot loader's files, besides those of the tree. */
      readonly inserted: readonly InsertedFile[];
      /** Of all of them. */
      readonly size: TreeSize & { readonly dense: DenseSize };
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

/** More than GRUB for UEFI takes (0.7 MiB), whatever its configuration says. */
const LOADER_ROOM = MIB;

export interface ContentSource extends Pick<Ports, 'run'> {
  readonly rootfs: string;
  /** A private folder. */
  readonly scratch: string;
}

/**
 * Measures what each partition of a disk will hold: the part of the tree that lies under its mount point, without the
 * boot loader's files.
 */
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
  const { filesystem, mount } = partition;
  if (filesystem === undefined) return { kind: 'none' };
  if (filesystem === 'swap') return { kind: 'swap' };
  const below = mount === undefined ? undefined : await rootTree(source.rootfs).resolve(mount);
  if (filesystem === 'vfat') {
    return fatContent(below === undefined ? [] : await fatFilesUnder(below));
  }
  const mounts = disk.partitions.flatMap((other) => other.mount ?? []);
  const hidden = mount === undefined ? [] : hiddenUnder(mount, [...VIRTUAL, ...mounts]);
  const tree = below ?? (await emptyFolder(source.scratch));
  const size = await measureTree(source.run, tree, hidden);
  if (filesystem === 'btrfs') requireNoDevices(partition, size.dense);
  return { kind: filesystem, tree, hidden, inserted: [], size };
}

function requireNoDevices({ name, mount = '' }: PartitionSpec, { devices }: DenseSize): void {
  const [first, ...more] = devices;
  if (first === undefined) return;
  throw new Failure('recipe', {
    what: `The tree has devices, which ${name} cannot hold: mkfs.btrfs gives all of them the number 0:0.`,
    found: `${join(mount, first)}${more.length === 0 ? '' : ` and ${more.length} more`}`,
    hint: 'Remove them in a `run` step: the booted system makes those of /dev itself, and others by tmpfiles.d(5). Or use `filesystem: ext4`.',
  });
}

async function fatContent(files: readonly FatFile[], more: readonly number[] = []): Promise<Content> {
  const sizes = await Promise.all(files.map(async ({ source }) => (await stat(source)).size));
  return { kind: 'vfat', files, bytes: smallestFat([...sizes, ...more]) };
}

/**
 * Contents with the boot loader's files on these FAT file systems; they win over files of the tree.
 * @param more bytes of files that the loader's installer adds
 */
export async function withFatFiles(
  contents: Contents,
  names: readonly string[],
  loader: readonly FatFile[],
  more: readonly number[],
): Promise<Contents> {
  const whole = new Map(contents);
  for (const name of names) {
    const content = contents.get(name);
    if (content?.kind !== 'vfat') continue;
    const others = content.files.filter(({ path }) => loader.every((each) => each.path !== path));
    whole.set(name, await fatContent([...others, ...loader], more));
  }
  return whole;
}

/** Contents with the boot loader's files in the file system of /boot, else of the root. */
export function withBootFiles(contents: Contents, disk: DiskSpec, files: readonly InsertedFile[]): Contents {
  const boot = bootPartition(disk.partitions)?.name ?? '';
  const content = contents.get(boot);
  if (content?.kind !== 'ext4' || files.length === 0) return contents;
  const { blocks, inodes } = insertedSize(files);
  const { size } = content;
  const whole = { ...size, blocks: size.blocks + blocks, inodes: size.inodes + inodes };
  return new Map([...contents, [boot, { ...content, inserted: files, size: whole }]]);
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

/**
 * Bytes that the growing partition of a disk takes; 0 without one, where it does not matter. Not by the boot loader's own
 * size: a longer kernel command line must not lay the disk out anew.
 */
export function growBytes(disk: DiskSpec, contents: Contents, options: RoomOptions): number {
  const grow = disk.partitions.find(({ size }) => size === 'grow');
  const content = grow === undefined ? undefined : contents.get(grow.name);
  if (content === undefined) return 0;
  return contentBytes(content, options) + (grow?.type === 'esp' ? LOADER_ROOM : 0);
}

/** Bytes that a partition with the size `grow` on a disk without a size takes for its content. */
export function contentBytes(content: Content, options: RoomOptions): number {
  if (content.kind === 'ext4') return smallestExt4({ ...options, tree: content.size });
  if (content.kind === 'btrfs') return smallestBtrfs(content.size.dense) + options.free;
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
  if (content.kind === 'btrfs') return Math.max(0, smallestBtrfs(content.size.dense) - bytes);
  return content.kind === 'vfat' ? Math.max(0, content.bytes - bytes) : 0;
}

function describe(content: Content, bytes: number, reservedPercent: number): string {
  if (content.kind === 'vfat') return `${count(content.files.length)} and the file allocation tables`;
  if (content.kind === 'btrfs') {
    const { names, blocks } = content.size.dense;
    return `${count(names)} of ${mib(blocks * BLOCK)}, and the room that mkfs.btrfs asks for metadata`;
  }
  if (content.kind !== 'ext4') return 'the least possible';
  const { overheadBlocks, reservedBlocks } = ext4Geometry(bytes, content.size, { reservedPercent });
  const size = (blocks: number) => mib(blocks * BLOCK);
  return `${count(content.size.inodes)} of ${size(content.size.blocks)}, about ${size(overheadBlocks)} for journal and metadata and ${size(reservedBlocks)} of reserve`;
}

function count(files: number): string {
  return files === 1 ? '1 file' : `${files} files`;
}
