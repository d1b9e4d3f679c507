/** What the tests of LUN images share: a tree that looks bootable, and the stage run on it as a build would. */
import { chmod, mkdir, readdir, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskSpec } from '../../artifacts/formats/disk-spec.js';
import { digestOfTree, type VerityTree } from '../../artifacts/formats/fs-verity.js';
import { type Manifest, manifestSchema } from '../../artifacts/release/manifest.js';
import type { StageContext } from '../../pipeline/stage.js';
import { debian } from '../../stages/distribution/debian/index.js';
import { lunImage } from '../../stages/lun-image.js';
import { makeSampleTree } from '../artifacts/formats/sample-tree.js';
import { ports, type TestFolder, testFolder } from '../artifacts/formats/tools.js';

const EPOCH = 1_700_000_000;

/** A tree that looks bootable, and what the stage is handed for it. @param ownBoot whether /boot is a file system of its own */
export async function prepare(ownBoot = false): Promise<TestFolder> {
  const folder = await testFolder();
  const at = (path: string) => folder.at(`rootfs/${path}`);
  await mkdir(at('boot/efi'), { recursive: true });
  await makeSampleTree(folder.at('rootfs'));
  for (const name of ['vmlinuz', 'initrd.img']) {
    await writeFile(at(`boot/${name}-6.1`), Buffer.alloc(3_000_000, name));
    if (ownBoot) await symlink(`${name}-6.1`, at(`boot/${name}`));
    else await symlink(`boot/${name}-6.1`, at(name));
  }
  for (const empty of ['dev', 'proc', 'run', 'sys']) await mkdir(at(empty));
  return folder;
}

export interface Written {
  readonly image: string;
  readonly disk: Manifest['disk'];
  readonly progress: readonly string[];
  /** Digests that the stage told, by the image's path. */
  readonly digests: ReadonlyMap<string, string>;
}

/** Parts as a build keeps them, in `room` of the folder; without one each run makes its own. */
export function parts(folder: TestFolder, room: string): StageContext<unknown>['part'] {
  return async (name, work) => {
    const path = folder.at(`${room}/${name}`);
    if ((await stat(path).catch(() => undefined)) !== undefined) return path;
    await mkdir(`${path}.partial`, { recursive: true });
    await work(`${path}.partial`);
    for (const file of await readdir(`${path}.partial`)) await chmod(join(`${path}.partial`, file), 0o444);
    await rename(`${path}.partial`, path);
    return path;
  };
}

export async function write(
  folder: TestFolder,
  name: string,
  disk: DiskSpec,
  changes: object = {},
): Promise<Written> {
  await mkdir(folder.at(`${name}/scratch`), { recursive: true });
  const records = new Map<string, unknown>();
  const progress: string[] = [];
  const digests = new Map<string, string>();
  const context = {
    ...ports,
    step: 'lun-image',
    options: lunImage.options.parse({}),
    recipe: {
      name: 'test',
      folder: folder.path,
      architecture: 'amd64',
      disk,
      kernel: { commandLine: ['console=ttyS0,115200'] },
    },
    rootfs: folder.at('rootfs'),
    output: folder.at(name),
    scratch: folder.at(`${name}/scratch`),
    epoch: EPOCH,
    part: parts(folder, `${name}/parts`),
    progress: (what: string, done: number, total: number | undefined) =>
      progress.push(`${what} ${done === total}`),
    record: (key: string, value: unknown) => records.set(key, value),
    distribution: debian,
    artifact: () => undefined,
    digested: async (image: string, tree: VerityTree) => void digests.set(image, digestOfTree(tree)),
    ...changes,
  } as unknown as StageContext<ReturnType<typeof lunImage.options.parse>>;
  await lunImage.run(context);
  const described = manifestSchema.shape.disk.parse(records.get('disk'));
  return { image: folder.at(`${name}/disk.img`), disk: described, progress, digests };
}

export function place(disk: Manifest['disk'], name: string) {
  const found = disk.partitions.find((partition) => partition.name === name);
  if (found === undefined) throw new Error(`no partition ${name}`);
  return { offset: found.firstLba * 512, bytes: found.sectors * 512 };
}
