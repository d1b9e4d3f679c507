/**
 * The root tree of a build, mounted from layers. A step sees all layers before it and writes into its own; what it
 * wrote is exactly the overlayfs upper directory. All mounts live in the sandbox's mount namespace and die with it.
 */
import { chmod, mkdir, rm, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Ports } from '../../base/ports.js';

/** Where a tree is mounted while a step works on it. */
export interface MountedTree extends AsyncDisposable {
  readonly path: string;
}

/**
 * A folder for mount points that is the same on every host and readable for every user, so that no path of the
 * host reaches a tool that could write it down, and apt's own user may pass. It must not hide the build's folders.
 */
export async function openMountRoot(used: readonly string[], ports: Ports): Promise<string> {
  const candidates = ['/mnt', '/media', '/srv', '/opt'];
  const root =
    candidates.find((each) => used.every((path) => relative(each, path).startsWith('..'))) ?? '/mnt';
  await ports.run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'lunsmith', root], {
    doing: 'mount a folder for mount points in the sandbox',
    quiet: true,
  });
  return root;
}

export interface LayerMount {
  /** An empty folder on the layers' file system; it is the bottom of the stack. */
  readonly floor: string;
  /** Layers below, oldest first; absolute paths of their trees. */
  readonly below: readonly string[];
  /** The new layer's tree and work directories, both empty and on one file system; absent to mount read-only. */
  readonly upper?: { readonly tree: string; readonly work: string };
}

/**
 * A folder for temporary files of the host's tools, with the path the same on every host. It lies in memory and goes with
 * the sandbox, so that a tool that is killed leaves nothing in the host's /tmp.
 */
export async function openTemporary(mountRoot: string): Promise<string> {
  const path = join(mountRoot, 'tmp');
  await mkdir(path, { recursive: true });
  await chmod(path, 0o1777);
  return path;
}

/** Mounts layers at `<mountRoot>/rootfs`. */
export async function mountTree(mountRoot: string, layers: LayerMount, ports: Ports): Promise<MountedTree> {
  const path = join(mountRoot, 'rootfs');
  const links = join(mountRoot, 'l');
  await mkdir(path, { recursive: true });
  await rm(links, { recursive: true, force: true });
  await mkdir(links);
  // mount(2) takes at most a page of options: short relative links keep a long stack of layers within it. Two empty
  // layers at the bottom let one mechanism serve a first layer, and a single layer mounted read-only.
  const names: string[] = [];
  for (const [index, tree] of [...layers.below].reverse().entries()) {
    await symlink(tree, join(links, String(index)));
    names.push(String(index));
  }
  for (const name of ['floor-a', 'floor-b']) {
    await mkdir(join(layers.floor, name), { recursive: true, mode: 0o755 });
    await symlink(join(layers.floor, name), join(links, name));
    names.push(name);
  }
  const options = [`lowerdir=${names.join(':')}`, 'userxattr'];
  if (layers.upper !== undefined) {
    await mkdir(layers.upper.tree, { recursive: true, mode: 0o755 });
    await mkdir(layers.upper.work, { recursive: true });
    await symlink(layers.upper.tree, join(links, 'upper'));
    await symlink(layers.upper.work, join(links, 'work'));
    // A layer that was cut short is thrown away whole, so that nothing in it needs to reach the disk early: fsync(2)
    // costs nothing (kernel doc overlayfs, "volatile mount").
    options.push('upperdir=upper', 'workdir=work', 'volatile');
  }
  await ports.run(['mount', '-t', 'overlay', '-o', options.join(','), 'lunsmith', path], {
    doing: 'mount the root tree’s layers',
    cwd: links,
    quiet: true,
  });
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      // After an abort no tool runs any more, and the namespace takes its mounts along.
      if (ports.signal.aborted) return;
      await unmount(path, ports);
      if (layers.upper !== undefined) await rm(layers.upper.work, { recursive: true, force: true });
    },
  };
}

/** Unmounts a tree and what is mounted in it. */
async function unmount(path: string, ports: Ports): Promise<void> {
  await ports.run(['umount', '--recursive', '--lazy', path], {
    doing: 'unmount the root tree',
    quiet: true,
  });
}
