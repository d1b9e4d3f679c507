/**
 * `build --twice`: the same packages, built again from nothing beside the first release, and compared with it bit for
 * bit. The second build shares only the package files with the first.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { compareReleases } from '../artifacts/release/compare/compare.js';
import { notTheSame } from '../artifacts/release/compare/not-the-same.js';
import { readRelease } from '../artifacts/release/release.js';
import { createPorts } from '../base/command.js';
import type { Emit, TaskFacts } from '../base/event.js';
import { runTask } from '../base/task.js';
import type { BuiltRelease } from '../pipeline/build/executor.js';
import { tasksOf } from '../pipeline/build/tasks.js';
import type { Plan } from '../pipeline/plan/plan.js';
import { enterSandbox } from '../pipeline/sandbox/enter.js';
import { enterBuild } from './enter-build.js';
import type { BuildInside } from './inside/build.js';

const AGAIN = 'again/';
const COMPARE: TaskFacts = { id: 'compare', title: 'compare  both releases bit for bit' };

/** What the second build adds to the tasks of the first. */
export function tasksAgain(plan: Plan): TaskFacts[] {
  const again = tasksOf(plan)
    .filter(({ id }) => id !== 'release:post')
    .map(({ id, title }) => ({ id: `${AGAIN}${id}`, title: `${AGAIN}${title}` }));
  return [...again, COMPARE];
}

/** @throws Failure of kind `integrity` that tells what differs, and where */
export async function buildAgain(
  first: BuiltRelease,
  payload: BuildInside,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const { place } = payload;
  const name = `twice-${place.owner.self}-${randomBytes(4).toString('hex')}`;
  // A name with a claim among the builds: if we are killed, the next build clears it.
  const folder = join(place.workspace, 'builds', name);
  const own: BuildInside = {
    ...payload,
    place: {
      ...place,
      output: join(folder, 'out'),
      store: join(folder, 'store'),
      rehearsal: true,
      // What it stands on goes with it.
      keepFailed: false,
      pool: place.pool ?? join(place.store, 'pool'),
    },
  };
  try {
    const second = await enterBuild(own, renamed(emit), signal);
    await compare(first, second, emit, signal);
  } finally {
    // Its files belong to many users, which only the sandbox may act for.
    const job = { module: 'app/inside/remove.js', payload: { folder }, network: 'own' } as const;
    if (!signal.aborted) await enterSandbox(job, () => undefined, signal);
  }
}

function renamed(emit: Emit): Emit {
  return (event) =>
    emit('task' in event && event.task !== undefined ? { ...event, task: `${AGAIN}${event.task}` } : event);
}

async function compare(
  first: BuiltRelease,
  second: BuiltRelease,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const work = async () => {
    const ports = createPorts({ emit: () => undefined, signal });
    const [a, b] = [await readRelease(first.path), await readRelease(second.path)];
    const [difference, ...more] = await compareReleases(a, b, ports);
    if (difference !== undefined) throw notTheSame(a, [difference, ...more]);
  };
  await runTask(emit, COMPARE.id, work, { note: () => 'the same, bit for bit' });
}
