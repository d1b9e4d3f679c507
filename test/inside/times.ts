/** Runs inside the sandbox for tree-times.real.test.ts: sets the times of a tree that is seen through overlayfs. */
import { lstat, mkdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { clampTimes } from '../../artifacts/formats/tree-times.js';
import type { Ports } from '../../base/ports.js';
import { mountTree, openMountRoot } from '../../pipeline/build/root-tree.js';

export interface TimesInside {
  readonly folder: string;
  /** How many there are in the tree. */
  readonly folders: number;
  readonly early: number;
  readonly late: number;
  readonly epoch: number;
}

export async function inside({ folder, folders, early, late, epoch }: TimesInside, ports: Ports) {
  const below = join(folder, 'below');
  const names = Array.from({ length: folders }, (_, index) => `early/${index}`);
  for (const name of names) await mkdir(join(below, name), { recursive: true });
  for (const name of names) await utimes(join(below, name), late, late);
  for (const name of ['early', '.']) await utimes(join(below, name), early, early);
  const upper = { tree: join(folder, 'upper'), work: join(folder, 'work') };
  const mountRoot = await openMountRoot([folder], ports);
  await using tree = await mountTree(
    mountRoot,
    { floor: join(folder, 'floor'), below: [below], upper },
    ports,
  );
  const set = await clampTimes(ports.run, tree.path, late, epoch);
  const seconds = async (name: string) => (await lstat(join(tree.path, name))).mtimeMs / 1000;
  return {
    set,
    early: await seconds('early'),
    late: [...new Set(await Promise.all(names.map(seconds)))],
  };
}
