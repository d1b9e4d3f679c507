import type { Emit } from '../base/event.js';
import type { BuiltRelease } from '../pipeline/build/executor.js';
import { enterSandbox } from '../pipeline/sandbox/enter.js';
import type { BuildInside } from './inside/build.js';

/** Enters the sandbox for one build. The code that builds is loaded there, and not here. */
export async function enterBuild(
  payload: BuildInside,
  emit: Emit,
  signal: AbortSignal,
): Promise<BuiltRelease> {
  const job = { module: 'app/inside/build.js', payload, network: 'host' } as const;
  return (await enterSandbox(job, emit, signal)) as BuiltRelease;
}
