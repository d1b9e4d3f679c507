/** What the steps of a plan come to, one after the other: each resolves its request on top of the packages before it. */
import { mkdir } from 'node:fs/promises';
import { createPorts } from '../../../base/command.js';
import { Failure } from '../../../base/failure.js';
import type { Ports } from '../../../base/ports.js';
import { resolveSecret } from '../../../base/secret.js';
import { nativeArchitecture } from '../../sandbox/stand-ins.js';
import { askedDistribution } from '../asked-distribution.js';
import type { LockedIndex, Preference, Resolution, ResolutionBasis } from '../package-set.js';
import type { Plan } from '../plan.js';
import { requestDigest, resolvingSteps } from './lock.js';
import { LOCK_FORMAT, type Lock, type LockedStep } from './lock-text.js';

export interface ResolveSurroundings {
  /** The mirror that the user chose, if any. */
  readonly mirror: string | undefined;
  /** Absolute path of the folder of indexes that need not be fetched again. */
  readonly state: string;
  /** Fetch nothing: what was fetched before answers. Default false. */
  readonly offline?: boolean;
  /** An earlier lock's packages, which are chosen again where the requests allow it. */
  readonly prefer?: Preference;
  /** Indexes that the lock before was written with: older ones are refused. */
  readonly locked?: readonly LockedIndex[];
  /** Task that events belong to; default: the step's name. */
  readonly task?: string;
  /** Folder for temporary files of tools. */
  readonly temporary?: string;
}

export interface ResolvedLock extends Lock {
  /** Why a package is there, by its name: `dependency of openssh-server`. No lock keeps it. */
  readonly reasons: Readonly<Record<string, string>>;
  /** Of all its steps that tell. No lock keeps it. */
  readonly basis: ResolutionBasis;
}

/** @throws Failure that names the step */
export async function resolvePlan(
  plan: Plan,
  surroundings: ResolveSurroundings,
  ports: Pick<Ports, 'emit' | 'signal'>,
): Promise<ResolvedLock> {
  const { mirror, state, offline, prefer, locked, temporary } = surroundings;
  const native = nativeArchitecture(plan.recipe.architecture);
  await mkdir(state, { recursive: true });
  const before: Resolution[] = [];
  const steps: LockedStep[] = [];
  for (const step of resolvingSteps(plan)) {
    const task = surroundings.task ?? step.id;
    const own = createPorts({
      signal: ports.signal,
      emit: (event) => ports.emit(ofTask(event, task)),
      task,
      ...(temporary === undefined ? {} : { env: { TMPDIR: temporary } }),
    });
    try {
      const reference = step.stage.credentials?.(step.options);
      const credentials =
        reference === undefined || offline === true
          ? undefined
          : await resolveSecret(reference, plan.recipe.folder);
      const resolution = await step.stage.resolve?.({
        ...own,
        options: step.options,
        recipe: plan.facts,
        distribution: askedDistribution(step),
        mirror,
        state,
        ...(offline === undefined ? {} : { offline }),
        ...(native === undefined ? {} : { native }),
        ...(credentials === undefined ? {} : { credentials }),
        ...(temporary === undefined ? {} : { temporary }),
        before: [...before],
        ...(locked === undefined ? {} : { locked }),
        ...(prefer === undefined ? {} : { prefer }),
      });
      if (resolution === undefined) continue;
      before.push(resolution);
      const { packages, tools = [] } = resolution;
      const request = requestDigest(step);
      steps.push({ step: step.id, request, packages, ...(tools.length === 0 ? {} : { tools }) });
    } catch (error) {
      throw Failure.from(error).with({ step: step.id });
    }
  }
  return {
    format: LOCK_FORMAT,
    architecture: plan.recipe.architecture,
    indexes: unique(before.flatMap(({ indexes }) => indexes)),
    steps,
    reasons: Object.assign({}, ...before.map(({ reasons }) => reasons ?? {})) as Record<string, string>,
    basis: {
      files: before.flatMap(({ basis }) => basis?.files ?? []),
      indexes: before.flatMap(({ basis }) => basis?.indexes ?? []),
    },
  };
}

/** A stage's own progress does not know its task. */
function ofTask<E extends { readonly type: string }>(event: E, task: string): E {
  return event.type === 'progress' ? { task, ...event } : event;
}

function unique(indexes: readonly LockedIndex[]): LockedIndex[] {
  return [...new Map(indexes.map((each) => [`${each.archive} ${each.suite}`, each])).values()];
}
