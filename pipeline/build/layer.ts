/** A layer: a tree mounted on the layers below, changed by some work, and no trace in it of when that was done. */
import { join } from 'node:path';
import { clampTimes } from '../../artifacts/formats/tree-times.js';
import type { Ports } from '../../base/ports.js';
import { mountTree } from './root-tree.js';

export interface LayerGround {
  /** See {@link openMountRoot}. */
  readonly mountRoot: string;
  /** An empty folder, see {@link LayerMount}. */
  readonly floor: string;
  /** Trees of the layers below, oldest first; absolute paths. */
  readonly below: readonly string[];
  /** An empty folder that becomes the new layer; a folder `work` is made beside it. */
  readonly tree: string;
  /** Seconds since 1970. */
  readonly epoch: number;
}

/** @param work is handed the path of the mounted tree */
export async function writeLayer<Result>(
  { mountRoot, floor, below, tree, epoch }: LayerGround,
  ports: Ports,
  work: (rootfs: string) => Promise<Result>,
): Promise<Result> {
  // Whole seconds, as some file systems keep no more.
  const started = Math.floor(Date.now() / 1000);
  const upper = { tree, work: join(tree, '..', 'work') };
  let result: Result;
  {
    await using mounted = await mountTree(mountRoot, { floor, below, upper }, ports);
    result = await work(mounted.path);
  }
  // No two builds would agree on the times at which they wrote.
  await clampTimes(ports.run, tree, started, epoch);
  return result;
}
