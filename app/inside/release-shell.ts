/** The shell in the root of a release, inside the sandbox. */
import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { treeArchive } from '../../artifacts/formats/file-tree/archive.js';
import { readFileTree } from '../../artifacts/formats/file-tree/read.js';
import { EXTRACT } from '../../artifacts/formats/tar-extract.js';
import { tarArchive } from '../../artifacts/formats/tar-write.js';
import type { Architecture } from '../../artifacts/platform/architecture.js';
import { readableOf, volumeOf } from '../../artifacts/release/contents/image.js';
import { type Release, readRelease } from '../../artifacts/release/release.js';
import { openDisk } from '../../artifacts/release/release-file.js';
import type { Argv, Ports } from '../../base/ports.js';
import { shellInRoot } from '../../pipeline/build/root-shell.js';
import { mountTree, openMountRoot } from '../../pipeline/build/root-tree.js';
import { runForeign } from '../../pipeline/sandbox/foreign.js';
import { type OwnerClaim, openBuildFolder } from '../../pipeline/workspace.js';
import { distributions } from '../../stages/distribution/index.js';
import { rootTree } from '../../stages/rootfs/tree.js';

export interface ReleaseShellInside {
  readonly workspace: string;
  readonly owner: OwnerClaim;
  /** Folder of the release. */
  readonly release: string;
  readonly architecture: Architecture;
  readonly command?: Argv;
}

/** @returns the exit code of the shell, or of the command */
export async function inside(
  { workspace, owner, release: path, architecture, command }: ReleaseShellInside,
  ports: Ports,
): Promise<number> {
  process.umask(0o022);
  const release = await readRelease(path);
  const { recipe, distribution } = release.manifest;
  await using folder = await openBuildFolder(workspace, `${recipe.name}-shell`, owner);
  const root = join(folder.path, 'root');
  await unpackRoot(release, root, ports);
  const mountRoot = await openMountRoot([folder.path], ports);
  await runForeign(architecture, folder.path, ports);
  const upper = { tree: join(folder.path, 'upper'), work: join(folder.path, 'work') };
  const layers = { floor: join(folder.path, 'floor'), below: [root], upper };
  await using tree = await mountTree(mountRoot, layers, ports);
  const guard = distribution === undefined ? undefined : distributions.get(distribution.id)?.guard;
  const shell = {
    prompt: `${recipe.name}@${release.digest.slice(0, 12)}`,
    ...(command === undefined ? {} : { command }),
    ...(guard === undefined ? {} : { guard }),
  };
  return await shellInRoot(tree.path, shell, ports);
}

/** All files of its partitions that can be read, at their mount points. */
async function unpackRoot(release: Release, root: string, ports: Ports): Promise<void> {
  await mkdir(root);
  const file = await openDisk(release);
  try {
    for (const partition of readableOf(release)) {
      const volume = volumeOf(release, partition, file);
      const tree = await readFileTree(volume, partition.filesystem);
      const target = (await rootTree(root).resolve(partition.mount)) ?? root;
      await ports.run([...EXTRACT, `--directory=${target}`, '--file=-'], {
        doing: `copy the files of ${volume.name}`,
        stream: tarArchive(treeArchive(volume, tree).entries),
      });
      const own = tree.files.get('/');
      if (own === undefined) continue;
      await chown(target, own.uid, own.gid);
      await chmod(target, own.mode);
    }
  } finally {
    await file.close();
  }
}
