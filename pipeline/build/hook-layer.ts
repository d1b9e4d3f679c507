/** How a hook that changes the root makes its layer. Its imports, at any depth, are the code that goes into the hook's key. */

import type { HookEvent } from '../recipe/hook-events.js';
import type { Recipe } from '../recipe/recipe.js';
import { runHook } from '../sandbox/hook.js';
import { type LayerGround, writeLayer } from './layer.js';
import { type StepTalk, stepPorts } from './step-ports.js';

/** @throws Failure of the hook or of a tool; what is in the tree then is no layer */
export async function makeHookLayer(
  ground: LayerGround,
  recipe: Recipe,
  event: HookEvent,
  talk: StepTalk,
): Promise<void> {
  const ports = stepPorts(talk, event, ground.epoch);
  await writeLayer(ground, ports, (rootfs) => runHook(recipe, event, { LUNSMITH_ROOTFS: rootfs }, ports));
}
