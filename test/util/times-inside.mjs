// Runs inside the sandbox for times.real.test.ts: sets the times of a tree that is seen through overlayfs.
import { lstat, mkdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { clampTimes } from '../../dist/artifacts/formats/tree-times.js';
import { mountTree, openMountRoot } from '../../dist/pipeline/root-tree.js';

/** @param {{ folder: string, folders: number, early: number, late: number, epoch: number }} payload */
export async function inside({ folder, folders, early, late, epoch }, ports) {
  const below = join(folder, 'below');
  const names = Array.from({ length: folders }, (_, index) => `early/${index}`);
  for (const name of names) await mkdir(join(below, name), { recursive: true });
  for (const name of names) await utimes(join(below, name), late, late);
  for (const name of ['early', '.']) await utimes(join(below, name), early, early);
  const upper = { tree: join(folder, 'upper'), work: join(folder, 'work') };
  const mountRoot = await openMountRoot([folder], ports);
  const tree = await mountTree(mountRoot, { floor: join(folder, 'floor'), below: [below], upper }, ports);
  const set = await clampTimes(ports.run, tree.path, late, epoch);
  const seconds = async (name) => (await lstat(join(tree.path, name))).mtimeMs / 1000;
  const result = {
    set,
    early: await seconds('early'),
    late: [...new Set(await Promise.all(names.map(seconds)))],
  };
  await tree[Symbol.asyncDispose]();
  return result;
}
