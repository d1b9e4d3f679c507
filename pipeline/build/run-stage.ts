/** Runs the stage of a step, and keeps what it recorded. */
import { mkdir } from 'node:fs/promises';
import type { Ports } from '../../base/ports.js';
import { removeTree } from '../../base/remove-tree.js';
import { type ContextParts, openStepContext } from './step-context.js';

/** What a stage records for later steps and for the manifest. */
export type Records = Readonly<Record<string, unknown>>;

/** A step, and what it is handed besides the place that it works in. */
export type StageWork = Omit<ContextParts, 'rootfs' | 'output' | 'record' | 'ports'>;

/** @param place the tree that it works in, and the folder of its output, empty for a step of the root */
export async function runStage(
  work: StageWork,
  place: Pick<ContextParts, 'rootfs' | 'output'>,
  ports: Ports,
): Promise<Records> {
  const { step, scratch, recorded } = work;
  await mkdir(scratch, { recursive: true });
  const own = new Map<string, unknown>();
  {
    await using open = openStepContext({
      ...work,
      ...place,
      recorded: (key) => own.get(key) ?? recorded(key),
      record: (key, value) => void own.set(key, value),
      ports,
    });
    await step.stage.run(open.context);
  }
  await removeTree(scratch);
  return Object.fromEntries(own);
}
