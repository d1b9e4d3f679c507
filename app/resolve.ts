/** Which packages a recipe comes to, asked from outside the sandbox. */
import { mkdir } from 'node:fs/promises';
import type { Emit } from '../base/event.js';
import { Failure } from '../base/failure.js';
import { locateFailure } from '../pipeline/plan/locate-failure.js';
import type { ResolvedLock } from '../pipeline/plan/lock/resolve-plan.js';
import type { LockedIndex, Preference } from '../pipeline/plan/package-set.js';
import type { Recipe } from '../pipeline/recipe/recipe.js';
import { enterSandbox } from '../pipeline/sandbox/enter.js';
import type { ResolveInside } from './inside/resolve.js';
import { type Registry, registry as standard } from './registry.js';

export interface ResolveRequest {
  readonly recipe: Recipe;
  readonly mirror: string | undefined;
  /** Absolute path of the folder of indexes that need not be fetched again. */
  readonly state: string;
  /** Fetch nothing: what was fetched before answers. Default false. */
  readonly offline?: boolean;
  /** An earlier lock's packages, which are chosen again where the requests allow it. */
  readonly prefer?: Preference;
  /** Indexes that the lock before was written with: older ones are refused. */
  readonly locked?: readonly LockedIndex[];
  /** Task that events belong to; default: each step's name. */
  readonly task?: string;
  /** Default: the standard one. */
  readonly registry?: Registry;
}

/** @throws Failure that names the step */
export async function resolveInSandbox(
  request: ResolveRequest,
  emit: Emit,
  signal: AbortSignal,
): Promise<ResolvedLock> {
  await mkdir(request.state, { recursive: true });
  const { registry = standard, ...facts } = request;
  const payload: ResolveInside = { ...facts, registry: registry.module };
  const job = { module: 'app/inside/resolve.js', payload, network: 'host' } as const;
  try {
    return (await enterSandbox(job, emit, signal)) as ResolvedLock;
  } catch (error) {
    // Only here is it known where each option was written.
    throw locateFailure(Failure.from(error), request.recipe.steps);
  }
}
