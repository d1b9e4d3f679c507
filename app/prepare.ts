/** All that is known of a build before it begins: its plan, exactly which packages it installs, and the key of every step. */
import { join } from 'node:path';
import type { Emit } from '../base/event.js';
import { lunsmithVersion } from '../base/version.js';
import type { BuildPackages } from '../pipeline/build/executor.js';
import { codeDigester } from '../pipeline/plan/keys/code-digest.js';
import { type KeyedPlan, keyPlan } from '../pipeline/plan/keys/fingerprint.js';
import {
  archivesOf,
  checkLock,
  type Lock,
  lockFile,
  packagesOf,
  readLock,
  toolsOf,
} from '../pipeline/plan/lock/lock.js';
import { type RememberSurroundings, rememberedLock, rememberLock } from '../pipeline/plan/lock/remembered.js';
import type { Plan } from '../pipeline/plan/plan.js';
import type { Store } from '../pipeline/store/store.js';
import { type Registry, registry as standard } from './registry.js';
import { resolveInSandbox } from './resolve.js';

/** The store of a workspace. */
export function storeFolder(workspace: string): string {
  return join(workspace, 'store');
}

export interface PrepareRequest {
  readonly plan: Plan;
  /** The recipe's; without one its packages are resolved now. */
  readonly lock: Lock | undefined;
  readonly store: Store;
  readonly mirror?: string;
  /** Default: the standard one. */
  readonly registry?: Registry;
}

export interface PreparedBuild extends BuildPackages {
  readonly keyed: KeyedPlan;
}

/** The task in which the packages of a recipe without a lock are resolved. */
export const RESOLVE_TASK = { id: 'resolve', title: 'resolve  packages against the signed indexes' } as const;

/** @throws Failure when the lock does not fit the recipe, or packages cannot be resolved */
export async function prepareBuild(
  request: PrepareRequest,
  emit: Emit,
  signal: AbortSignal,
): Promise<PreparedBuild> {
  const { plan, lock: written, store, mirror, registry = standard } = request;
  if (written !== undefined) checkLock(plan, written, lockFile(plan.recipe.folder));
  const lock = written ?? (await resolvePackages(request, emit, signal));
  const packages = new Map(plan.steps.map(({ id }) => [id, packagesOf(lock, id)]));
  const tools = toolsOf(lock);
  const keyed = await keyPlan(plan, {
    mirror,
    packages,
    tools,
    moduleOf: registry.stageModule,
    topicOf: registry.topicModule,
    code: codeDigester(),
    salt: await store.salt(),
    lunsmith: await lunsmithVersion(),
  });
  const archives = await archivesOf(plan, mirror);
  return { keyed, packages, tools, archives };
}

export interface KnownRequest extends Omit<PrepareRequest, 'lock'> {
  /** Seconds for which archives that were asked are not asked again. */
  readonly indexAge: number;
}

/** The packages of a recipe: by its lock, or as they were resolved when the archives had what they have now. Nothing: they are to be resolved. */
export async function knownLock(request: KnownRequest, signal: AbortSignal): Promise<Lock | undefined> {
  const { plan, indexAge } = request;
  const written = await readLock(plan.recipe.folder);
  return written ?? rememberedLock(plan, around(request), indexAge, signal);
}

/** Asks the archives, and remembers the answer for as long as they have what they have now. @throws Failure that names the step */
export async function resolvePackages(
  request: Omit<PrepareRequest, 'lock'>,
  emit: Emit,
  signal: AbortSignal,
): Promise<Lock> {
  const { plan, store, mirror, registry = standard } = request;
  const { recipe } = plan;
  const task = RESOLVE_TASK.id;
  const resolved = await resolveInSandbox(
    { recipe, registry, mirror, state: store.resolve, task },
    emit,
    signal,
  );
  await rememberLock(plan, around(request), resolved);
  return resolved;
}

/** What an answer of the archives depends on besides the plan. */
export function around({
  store,
  mirror,
  registry = standard,
}: Pick<PrepareRequest, 'store' | 'mirror' | 'registry'>): RememberSurroundings {
  return {
    ...{ mirror, state: store.resolve, code: codeDigester() },
    ...{ moduleOf: registry.stageModule, topicOf: registry.topicModule },
  };
}
