/** How an output step makes its files. Its imports, at any depth, are the code that goes into the step's key. */
import type { Ports } from '../../base/ports.js';
import { type LayerMount, type MountedTree, mountTree } from './root-tree.js';
import { type Records, runStage, type StageWork } from './run-stage.js';
import { type StepTalk, stepPorts } from './step-ports.js';
import { DISTRIBUTION, readDistribution } from './system.js';

/** The finished root, read-only, of which all outputs are made. */
export async function openFinishedRoot(
  mountRoot: string,
  layers: Pick<LayerMount, 'floor' | 'below'>,
  ports: Ports,
): Promise<MountedTree> {
  return mountTree(mountRoot, layers, ports);
}

/**
 * @param place the finished root, and an empty folder for the files
 * @throws Failure of the stage or of a tool; what is in the folder then is no output
 */
export async function makeStageOutput(
  place: { readonly rootfs: string; readonly output: string },
  work: StageWork,
  talk: StepTalk,
): Promise<Records> {
  const records = await runStage(work, place, stepPorts(talk, work.step.id, work.recipe.epoch));
  const distribution = await readDistribution(place.rootfs);
  return distribution === undefined ? records : { ...records, [DISTRIBUTION]: distribution };
}
