/** The `run` and `start` ports of one task of a build: whatever a step starts, it starts with these. */
import { createPorts } from '../../base/command.js';
import type { Ports } from '../../base/ports.js';

/** What a step says, and what ends it. */
export type StepTalk = Pick<Ports, 'emit' | 'signal'>;

/** What the group and others may not do with new files. */
const UMASK = 0o022;

/**
 * Sets this process's umask, which is that of the user's shell otherwise and would decide over modes in the layer.
 * @param epoch seconds since 1970
 */
export function stepPorts({ emit, signal }: StepTalk, task: string, epoch: number): Ports {
  process.umask(UMASK);
  return createPorts({ emit, signal, task, env: { SOURCE_DATE_EPOCH: String(epoch) } });
}
