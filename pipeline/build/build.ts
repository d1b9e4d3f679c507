/** One build under way: what all its parts share, and the task that everything they do belongs to. */

import type { TakenDigests } from '../../artifacts/release/file-digests.js';
import { createPorts } from '../../base/command.js';
import type { Emit } from '../../base/event.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { runTask, type TaskWords } from '../../base/task.js';
import type { AskTools } from '../native-tools.js';
import type { KeyedPlan, KeyedStep } from '../plan/keys/fingerprint.js';
import type { ArchiveUrls, LockedPackage } from '../plan/package-set.js';
import type { Store } from '../store/store.js';
import type { BuildFolder } from '../workspace.js';
import { stepPorts } from './step-ports.js';

export interface Build {
  readonly keyed: KeyedPlan;
  readonly store: Store;
  /** The mirror that the user chose, if any. */
  readonly mirror: string | undefined;
  /** What each step installs, by its id, and where the archives are. */
  readonly packages: ReadonlyMap<string, readonly LockedPackage[]>;
  /** Packages of native tools, see native-tools.ts; undefined where this host can do without, or cannot use them. */
  readonly tools: readonly LockedPackage[] | undefined;
  /** These, fetched and unpacked. */
  readonly native: AskTools;
  readonly archives: ArchiveUrls;
  readonly folder: BuildFolder;
  readonly mountRoot: string;
  /** For temporary files of the host's tools. */
  readonly temporary: string;
  /** What becomes the release. */
  readonly staging: string;
  /** Keeps the tree of a step that fails. */
  readonly keepFailed: boolean;
  /** What steps recorded for later ones and for the manifest. */
  readonly records: Map<string, unknown>;
  /** Digests of images that stages took while they wrote them. */
  readonly digests: TakenDigests;
  /** Entries of the store that are being completed while the next step runs. */
  readonly completions: Promise<void>[];
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export function taskPorts(build: Build, id: string): Ports {
  return stepPorts(build, id, build.keyed.plan.recipe.epoch);
}

/** Ports for what belongs to no task and is of no interest in a log. */
export function quietPorts(build: Pick<Build, 'signal'>): Ports {
  return createPorts({ emit: () => undefined, signal: build.signal });
}

/** Does one task of a build; a failure names it. */
export async function task<T>(
  build: Build,
  id: string,
  work: (ports: Ports) => Promise<T>,
  words: TaskWords<T> = {},
): Promise<T> {
  try {
    return await runTask(build.emit, id, () => work(taskPorts(build, id)), words);
  } catch (error) {
    throw Failure.from(error).with({ step: id });
  }
}

/** Steps of one kind, in order. */
export function stepsOf(build: Build, kind: KeyedStep['kind']): KeyedStep[] {
  return build.keyed.steps.filter((step) => step.kind === kind);
}
