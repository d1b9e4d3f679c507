/** The `run` and `start` ports of one task of a build: whatever a step starts, it starts with these. */
import { createPorts } from '../../base/command.js';
import type { Ports } from '../../base/ports.js';

/** What a step says, and what ends it. */
export type StepTalk = Pick<Ports, 'emit' | 'signal'>;

/** @param epoch seconds since 1970 */
export function stepPorts({ emit, signal }: StepTalk, task: string, epoch: number): Ports {
  return createPorts({ emit, signal, task, env: { SOURCE_DATE_EPOCH: String(epoch) } });
}
