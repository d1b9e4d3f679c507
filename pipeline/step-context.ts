/** What a stage is handed: its options, its tree, the ports, and helpers that are the same for every stage. */
import { join } from 'node:path';
import { type Chroot, openChroot } from './chroot.js';
import type { PlannedStep } from './plan.js';
import type { Ports } from './ports.js';
import type { Recipe } from './recipe.js';
import { resolveSecret } from './secret.js';
import type { RecipeFacts, StageContext } from './stage.js';
import { recipeUuid } from './uuid.js';

export interface ContextParts {
  readonly step: PlannedStep;
  readonly recipe: Recipe;
  readonly facts: RecipeFacts;
  readonly rootfs: string;
  readonly output: string;
  readonly scratch: string;
  readonly mirror: string | undefined;
  readonly records: Map<string, unknown>;
  readonly ports: Ports;
}

/** A stage's context; disposing of it takes the chroot's mounts down. */
export interface OpenContext extends AsyncDisposable {
  readonly context: StageContext<unknown>;
}

export function openStepContext(parts: ContextParts): OpenContext {
  const { step, recipe, ports, records } = parts;
  const { emit, signal, run, start } = ports;
  const task = step.id;
  let chroot: Promise<Chroot> | undefined;
  return {
    context: {
      run,
      start,
      emit,
      signal,
      step: step.id,
      options: step.options,
      recipe: parts.facts,
      rootfs: parts.rootfs,
      output: parts.output,
      scratch: parts.scratch,
      chroot: async (argv, options) => {
        // Only when first used: the bootstrap begins with an empty tree and has no need of one.
        chroot ??= openChroot(parts.rootfs, step.stage.network === true, ports);
        return (await chroot).run(argv, options);
      },
      mirror: parts.mirror,
      epoch: recipe.epoch,
      uuid: (name) => recipeUuid(recipe.name, name),
      secret: (reference) => resolveSecret(reference, recipe.folder),
      warn: (message, hint) =>
        emit({ type: 'warning', task, message, ...(hint === undefined ? {} : { hint }) }),
      progress: (what, done, total, unit) =>
        emit({ type: 'progress', task, what, done, unit, ...(total === undefined ? {} : { total }) }),
      record: (key, value) => void records.set(key, value),
      recorded: (key) => records.get(key),
    },
    [Symbol.asyncDispose]: async () => {
      await (await chroot?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}

/** Folder of a step in one of the build folder's rooms; numbered so that a listing shows the order. */
export function stepFolder(room: string, index: number, step: PlannedStep): string {
  return join(room, `${String(index + 1).padStart(2, '0')}-${step.id}`);
}
