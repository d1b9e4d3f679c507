/** How a step of the root makes its layer. Its imports, at any depth, are the code that goes into the step's key. */
import { type LayerGround, writeLayer } from './layer.js';
import { type Records, runStage, type StageWork } from './run-stage.js';
import { type StepTalk, stepPorts } from './step-ports.js';

/** @throws Failure of the stage or of a tool; what is in the tree then is no layer */
export async function makeStageLayer(ground: LayerGround, work: StageWork, talk: StepTalk): Promise<Records> {
  const ports = stepPorts(talk, work.step.id, ground.epoch);
  return writeLayer(ground, ports, (rootfs) => runStage(work, { rootfs, output: '' }, ports));
}
