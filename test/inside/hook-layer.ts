/** Runs inside the sandbox for hook-layer.real.test.ts: the layer of one hook. */
import { join } from 'node:path';
import type { Ports } from '../../base/ports.js';
import { makeHookLayer } from '../../pipeline/build/hook-layer.js';
import { openMountRoot } from '../../pipeline/build/root-tree.js';
import type { Recipe } from '../../pipeline/recipe/recipe.js';

export interface HookLayerInside {
  /** Absolute path; the layer becomes `layer/tree` in it. */
  readonly folder: string;
  readonly recipe: Pick<Recipe, 'name' | 'folder' | 'epoch' | 'hooks'>;
}

export async function inside({ folder, recipe }: HookLayerInside, ports: Ports): Promise<void> {
  const ground = {
    mountRoot: await openMountRoot([folder, recipe.folder], ports),
    floor: join(folder, 'floor'),
    below: [],
    tree: join(folder, 'layer', 'tree'),
    epoch: recipe.epoch,
  };
  await makeHookLayer(ground, recipe as Recipe, 'rootfs:post', ports);
}
