/**
 * Builds from outside the sandbox. What is known beforehand is done first: if the release that follows from a recipe is
 * there, nothing else happens. All others are built at once, as many as there are processors, each in a sandbox.
 */
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import PQueue from 'p-queue';
import { looksDamaged, pointLatest } from '../artifacts/release/release.js';
import type { Emit, Event } from '../base/event.js';
import { Failure } from '../base/failure.js';
import { runTask, stopwatch } from '../base/task.js';
import type { BuiltRelease } from '../pipeline/build/executor.js';
import { tasksOf } from '../pipeline/build/tasks.js';
import { keysOf } from '../pipeline/plan/keys/fingerprint.js';
import type { Lock } from '../pipeline/plan/lock/lock.js';
import type { Plan } from '../pipeline/plan/plan.js';
import { openStore, type Store } from '../pipeline/store/store.js';
import { requireHost } from '../pipeline/tools.js';
import { claimOf } from '../pipeline/workspace.js';
import { enterBuild } from './enter-build.js';
import type { BuildInside } from './inside/build.js';
import { knownLock, type PreparedBuild, prepareBuild, RESOLVE_TASK, storeFolder } from './prepare.js';
import { type Registry, registry as standard } from './registry.js';

export interface BuildRequest {
  /** Of each recipe, checked. */
  readonly plans: readonly Plan[];
  readonly output: string;
  readonly workspace: string;
  readonly mirror?: string;
  /** Build again from nothing and compare. */
  readonly twice?: boolean;
  /** Seconds for which archives that were asked are not asked again; default: none. */
  readonly indexAge?: number;
  /** Keep the tree of a step that fails. */
  readonly keepFailed?: boolean;
  /** That the plans were made with; default: the standard one. */
  readonly registry?: Registry;
}

/** @throws Failure: the first; the builds beside it are carried to their end before */
export async function build(
  request: BuildRequest,
  emit: Emit,
  signal: AbortSignal,
): Promise<readonly BuiltRelease[]> {
  const { plans } = request;
  await mkdir(request.output, { recursive: true });
  const store = await openStore(resolve(storeFolder(request.workspace)));
  const again = request.twice === true ? await loadAgain() : undefined;
  const jobs = await Promise.all(
    plans.map(async (plan) => ({
      plan,
      prefix: plans.length === 1 ? '' : `${plan.recipe.name}/`,
      lock: await knownLock({ ...request, plan, store, indexAge: request.indexAge ?? 0 }, signal),
    })),
  );
  emit({
    type: 'started',
    work: 'build',
    subject: plans.map(({ recipe }) => recipe.name).join(', '),
    tasks: jobs.flatMap(({ plan, prefix, lock }) =>
      [
        ...(lock === undefined ? [RESOLVE_TASK] : []),
        ...tasksOf(plan),
        ...(again?.tasksAgain(plan) ?? []),
      ].map((task) => ({ ...task, id: `${prefix}${task.id}`, title: `${prefix}${task.title}` })),
    ),
  });
  const cpu = new PQueue({ concurrency: availableParallelism() });
  const outcomes = await Promise.allSettled(
    jobs.map(({ plan, prefix, lock }) =>
      cpu.add(() => buildOne({ ...request, plan, store, lock }, prefixed(emit, prefix), signal)),
    ),
  );
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

/** Most builds do without: it takes part of the time in which a build finds that nothing changed. */
function loadAgain() {
  return import('./reproducible.js');
}

/** Events of one build among several: its tasks get its name. */
function prefixed(emit: Emit, prefix: string): Emit {
  if (prefix === '') return emit;
  return (event: Event) =>
    emit('task' in event && event.task !== undefined ? { ...event, task: `${prefix}${event.task}` } : event);
}

interface BuildJob extends BuildRequest {
  readonly plan: Plan;
  readonly store: Store;
  readonly lock: Lock | undefined;
}

async function buildOne(job: BuildJob, emit: Emit, signal: AbortSignal): Promise<BuiltRelease> {
  const seconds = stopwatch();
  const prepared = await prepare(job, emit, signal);
  const payload = await payloadOf(job, prepared);
  const known = await findBuilt(job, prepared);
  if (job.lock !== undefined && (known === undefined || job.twice === true))
    await requireHost(job.plan.tools);
  if (known !== undefined) tellCached(job.plan, prepared, emit);
  const release = known ?? (await enterBuild(payload, emit, signal));
  if (job.twice === true) await (await loadAgain()).buildAgain(release, payload, emit, signal);
  if (known !== undefined) {
    const { name } = job.plan.recipe;
    emit({ type: 'released', recipe: name, ...known, seconds: seconds() });
  }
  return release;
}

function tellCached(plan: Plan, { keyed }: PreparedBuild, emit: Emit): void {
  for (const { id } of tasksOf(plan)) {
    const key = keyed.steps.find((step) => step.id === id)?.key ?? keyed.release;
    emit({ type: 'task-cached', task: id, key });
  }
}

async function payloadOf(job: BuildJob, prepared: PreparedBuild): Promise<BuildInside> {
  return {
    recipe: job.plan.recipe,
    registry: (job.registry ?? standard).module,
    keys: keysOf(prepared.keyed),
    packages: [...prepared.packages],
    tools: prepared.tools,
    archives: prepared.archives,
    place: {
      output: resolve(job.output),
      workspace: resolve(job.workspace),
      store: job.store.path,
      owner: await claimOf(process.pid),
      keepFailed: job.keepFailed === true,
      ...(job.mirror === undefined ? {} : { mirror: job.mirror }),
    },
  };
}

/** Resolving is a task of its own, since it may take a while. */
async function prepare(job: BuildJob, emit: Emit, signal: AbortSignal): Promise<PreparedBuild> {
  if (job.lock !== undefined) {
    return prepareBuild(job, emit, signal).catch(async (error: unknown) => {
      // A tool that is not there has no version either: all that the host lacks is told at once.
      if (Failure.from(error).kind === 'host') await requireHost(job.plan.tools);
      throw error;
    });
  }
  await requireHost(job.plan.tools);
  return runTask(emit, RESOLVE_TASK.id, () => prepareBuild(job, emit, signal));
}

/** The release that was built of exactly this before, if it is in the output folder and whole as far as a look tells. */
async function findBuilt(job: BuildJob, { keyed }: PreparedBuild): Promise<BuiltRelease | undefined> {
  const record = await job.store.findRelease(keyed.release);
  if (record === undefined) return undefined;
  const home = join(resolve(job.output), keyed.plan.recipe.name);
  const path = join(home, 'releases', record.digest);
  if ((await looksDamaged(path, record.digest)).length > 0) return undefined;
  await pointLatest(home, record.digest);
  return { path, digest: record.digest };
}
