/** Releases with a real disk of 24 MiB: boot partition, swap, and an ext4 root filled from a small tree. */
import { chmod, mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { planLayout } from '../../../../artifacts/formats/disk-layout.js';
import type { DiskSpec } from '../../../../artifacts/formats/disk-spec.js';
import { writeExt4 } from '../../../../artifacts/formats/ext4.js';
import { ext4Geometry } from '../../../../artifacts/formats/ext4-size.js';
import { writePartitionTable } from '../../../../artifacts/formats/partition-table.js';
import { createSparse } from '../../../../artifacts/formats/sparse.js';
import { measureTree } from '../../../../artifacts/formats/tree-size.js';
import type { Manifest, ReleaseFile } from '../../../../artifacts/release/manifest.js';
import { digestFiles, type Release, readRelease } from '../../../../artifacts/release/release.js';
import { canonicalJson } from '../../../../base/digest.js';
import { describeDisk } from '../../../../stages/lun-image/describe.js';
import { smallManifest, withRoles } from '../../../util/manifest.js';
import { run } from '../../formats/tools.js';

export const MIB = 1024 * 1024;
const EPOCH = 1_700_000_000;
const guid = (digit: number) => `${String(digit).repeat(8)}-1111-4111-8111-111111111111`;

export const DISK: DiskSpec = {
  table: 'gpt',
  bytes: 24 * MIB,
  guid: guid(9),
  partitions: [
    { name: 'bios', type: 'bios-boot', size: { bytes: MIB }, guid: guid(1) },
    { name: 'swap', type: 'swap', size: { bytes: 2 * MIB }, guid: guid(2) },
    {
      name: 'root',
      type: 'linux',
      size: 'rest',
      filesystem: 'ext4',
      mount: '/',
      guid: guid(3),
      filesystemUuid: guid(4),
    },
  ],
};

/** Bytes from the disk's start to the root file system. */
export const ROOT = 4 * MIB;

export interface SmallRelease {
  /** Contents by path; `-> x` is a link to `x`. */
  readonly tree?: Readonly<Record<string, string>>;
  readonly boot?: Readonly<Record<string, string | Buffer>>;
  readonly disk?: DiskSpec;
  /** Requests of debugfs(8) that alter the root file system. */
  readonly alter?: readonly string[];
  /** Alters the image before its digest is taken. */
  readonly poke?: (image: string) => Promise<void>;
  readonly manifest?: Partial<Manifest>;
}

export const TREE: Readonly<Record<string, string>> = {
  'etc/hosts': '127.0.0.1 localhost\n',
  'etc/motd': 'hello\n',
  'etc/localtime': '-> /usr/share/zoneinfo/UTC',
  'usr/lib/big': 'library '.repeat(3000),
};

const BOOT = { 'boot/sanboot.ipxe': '#!ipxe\nsanboot\n', vmlinuz: Buffer.alloc(1000, '\0kernel') };

export async function smallRelease(path: string, options: SmallRelease = {}): Promise<Release> {
  const image = join(path, 'disk.img');
  for (const [name, content] of Object.entries({ ...BOOT, ...options.boot }))
    await put(join(path, name), content);
  const disk = options.disk ?? DISK;
  const layout = planLayout(disk);
  const root = layout.partitions.find(({ mount }) => mount === '/');
  if (root === undefined) throw new Error('no root');
  await createSparse(image, layout.bytes);
  await writePartitionTable(run, image, layout);
  const tree = `${path}-tree`;
  await makeTree(tree, options.tree ?? TREE);
  const geometry = ext4Geometry(root.bytes, await measureTree(run, tree), { reservedPercent: 1 });
  const place = { image, offset: ROOT, label: 'root', reservedPercent: 1, epoch: EPOCH };
  await writeExt4(run, { ...place, uuid: root.filesystemUuid ?? guid(4), geometry, tree });
  await rm(tree, { recursive: true });
  if (options.alter !== undefined) await alter(image, options.alter);
  await options.poke?.(image);
  const files = await digestFiles(path, { run });
  const manifest = { ...manifestOf(files), disk: describeDisk(layout), ...options.manifest };
  await writeFile(join(path, 'manifest.json'), canonicalJson(manifest));
  return readRelease(path);
}

async function alter(image: string, requests: readonly string[]): Promise<void> {
  await writeFile(`${image}.requests`, `${requests.join('\n')}\n`);
  const env = { E2FSPROGS_FAKE_TIME: String(EPOCH) };
  const argv = ['debugfs', '-w', '-f', `${image}.requests`, `${image}?offset=${ROOT}`] as const;
  await run(argv, { doing: 'alter the file system', env, quiet: true });
  await rm(`${image}.requests`);
}

async function put(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const target = typeof content === 'string' ? /^-> (.*)$/.exec(content)?.[1] : undefined;
  if (target !== undefined) return symlink(target, path);
  await writeFile(path, content);
  await chmod(path, 0o644);
  await utimes(path, EPOCH, EPOCH);
}

async function makeTree(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(root);
  for (const [path, content] of Object.entries(files)) await put(join(root, path), content);
}

function manifestOf(files: readonly ReleaseFile[]): Manifest {
  return smallManifest({
    epoch: EPOCH,
    artifacts: withRoles(files),
    packages: [
      { name: 'dash', version: '0.5.12-2', architecture: 'amd64' },
      { name: 'systemd', version: '252.1', architecture: 'amd64' },
    ],
    tools: { e2fsprogs: '1.47.0-2' },
  });
}
