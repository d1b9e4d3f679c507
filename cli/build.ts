/** A build from outside the sandbox: checks what can be checked first, then enters it once and does all work there. */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Emit } from '../pipeline/event.js';
import type { BuiltRelease } from '../pipeline/executor.js';
import { loadRecipe } from '../pipeline/load.js';
import { planBuild } from '../pipeline/plan.js';
import { enterSandbox } from '../pipeline/sandbox/enter.js';
import { requireHost } from '../pipeline/tools.js';
import { claimOf } from '../pipeline/workspace.js';
import { stages } from '../stages/index.js';
import type { BuildInside } from './inside/build.js';

export interface BuildRequest {
  /** Folder of the recipe. */
  readonly recipe: string;
  readonly output: string;
  readonly workspace: string;
  readonly mirror?: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** @throws Failure */
export async function build(request: BuildRequest, emit: Emit, signal: AbortSignal): Promise<BuiltRelease> {
  const recipe = await loadRecipe(request.recipe, stages, { variables: request.variables });
  await requireHost(planBuild(recipe, stages).tools);
  const [output, workspace] = [resolve(request.output), resolve(request.workspace)];
  await mkdir(output, { recursive: true });
  await mkdir(workspace, { recursive: true });
  const payload: BuildInside = {
    recipe: recipe.folder,
    variables: request.variables,
    place: {
      output,
      workspace,
      owner: await claimOf(process.pid),
      ...(request.mirror === undefined ? {} : { mirror: request.mirror }),
    },
  };
  const job = { module: 'cli/inside/build.js', payload, network: 'host' } as const;
  return (await enterSandbox(job, emit, signal)) as BuiltRelease;
}
