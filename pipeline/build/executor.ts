/**
 * Carries a plan out, inside the sandbox: what the store holds is taken from it; each other rootfs step writes its layer,
 * each output step its files from all layers together; then the release is put together and appears. What fails leaves
 * the finished steps in the store, so that the next build goes on there, and the log.
 */
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { takenDigests } from '../../artifacts/release/file-digests.js';
import { commitRelease } from '../../artifacts/release/release.js';
import type { Emit } from '../../base/event.js';
import { Failure } from '../../base/failure.js';
import { type Mask, maskOf } from '../../base/mask.js';
import type { Ports } from '../../base/ports.js';
import { resolveSecret } from '../../base/secret.js';
import { allSettled } from '../../base/settled.js';
import type { KeyedPlan, KeyedStep } from '../plan/keys/fingerprint.js';
import type { ArchiveUrls, LockedPackage } from '../plan/package-set.js';
import type { HookEvent } from '../recipe/hook-events.js';
import { runForeign } from '../sandbox/foreign.js';
import { runHook } from '../sandbox/hook.js';
import { usableEntry } from '../store/entry.js';
import { openStore, type StepRecord } from '../store/store.js';
import { useStore } from '../store/temporary-roots.js';
import { contentFolder } from '../store/tree-digest.js';
import { type BuildFolder, type OwnerClaim, openBuildFolder } from '../workspace.js';
import { type Build, quietPorts, stepsOf, task } from './build.js';
import { openBuildLog } from './log.js';
import { describeRelease } from './manifest.js';
import { openNativeTree } from './native-tree.js';
import { fetchPackages } from './packages-of-steps.js';
import { addOutput } from './release-files.js';
import { openMountRoot, openTemporary } from './root-tree.js';
import { makeLayer, makeOutput, mountFinishedRoot } from './step-work.js';

export interface BuildPlace {
  /** Absolute paths. */
  readonly output: string;
  readonly workspace: string;
  readonly store: string;
  /** Folder of package files. Default: the store's. */
  readonly pool?: string;
  /** The mirror that the user chose, if any. */
  readonly mirror?: string;
  /** Keeps the tree of a step that fails, for a shell in it. */
  readonly keepFailed?: boolean;
  /** Built to be compared: no event tells of a release. */
  readonly rehearsal?: boolean;
  readonly owner: OwnerClaim;
}

/** Exactly what a build may install, and from where. */
export interface BuildPackages {
  readonly packages: ReadonlyMap<string, readonly LockedPackage[]>;
  /** Native tools of a foreign root. */
  readonly tools: readonly LockedPackage[];
  readonly archives: ArchiveUrls;
}

export interface BuiltRelease {
  readonly path: string;
  readonly digest: string;
}

/** @throws Failure that names the step and the log; no release is left then */
export async function executePlan(
  keyed: KeyedPlan,
  sources: BuildPackages,
  place: BuildPlace,
  ports: Ports,
): Promise<BuiltRelease> {
  const started = Date.now();
  const { recipe } = keyed.plan;
  await using folder = await openBuildFolder(place.workspace, recipe.name, place.owner);
  const mask = await maskOfSecrets(keyed);
  await using log = openBuildLog(folder.log, ports.emit);
  const emit: Emit = (event) => log.emit(mask(event));
  try {
    const build = await openBuild(keyed, sources, place, folder, emit, ports);
    await using _use = await useStore(build.store, folder.id, needsOf(build), quietPorts(build));
    const release = await buildRelease(build, place).finally(
      // Also after a failure, which stays the one that is told: the finished steps are what the next build goes on with.
      () => Promise.allSettled(build.completions),
    );
    if (place.rehearsal === true) return release;
    await hook(build, 'release:post', { LUNSMITH_RELEASE: release.path });
    const seconds = (Date.now() - started) / 1000;
    log.emit({ type: 'released', recipe: recipe.name, ...release, seconds });
    return release;
  } catch (error) {
    throw Failure.fromRecord(mask(Failure.from(error).with({ log: log.path }).toRecord()));
  }
}

/** What a step may do with its secrets is the recipe's; no tool of it tells them. One that is not there is told by its step. */
async function maskOfSecrets({ plan: { recipe, steps } }: KeyedPlan): Promise<Mask> {
  const references = steps.flatMap(({ stage, options }) => stage.secrets?.(options) ?? []);
  const values = references.map((each) => resolveSecret(each, recipe.folder).catch(() => ''));
  return maskOf(await Promise.all(values));
}

async function openBuild(
  keyed: KeyedPlan,
  sources: BuildPackages,
  place: BuildPlace,
  folder: BuildFolder,
  emit: Emit,
  ports: Ports,
): Promise<Build> {
  const { workspace, output, mirror, keepFailed = false } = place;
  const staging = join(folder.path, 'release');
  await mkdir(staging);
  const store = await openStore(place.store);
  const mountRoot = await openMountRoot([workspace, output, store.path, keyed.plan.recipe.folder], ports);
  const ownBinfmt = await runForeign(keyed.plan.recipe.architecture, folder.path, ports);
  const build = {
    keyed,
    store: { ...store, pool: place.pool ?? store.pool },
    mirror,
    ...sources,
    // Where the host's own binfmt_misc serves, nothing more is registered in it.
    tools: ownBinfmt ? sources.tools : undefined,
    folder,
    mountRoot,
    temporary: await openTemporary(mountRoot),
    staging,
    keepFailed,
    records: new Map<string, unknown>(),
    digests: takenDigests(),
    completions: [],
    emit,
    signal: ports.signal,
  };
  return { ...build, native: openNativeTree(build) };
}

/** Keys of all steps and their parts. */
function keysOfSteps({ steps }: KeyedPlan): string[] {
  return steps.flatMap(({ key, parts }) => [key, ...Object.values(parts).map((part) => part.key)]);
}

function needsOf({ keyed, packages, tools }: Build) {
  return {
    keys: keysOfSteps(keyed),
    packages: [...packages.values(), tools ?? []].flat().map(({ sha256 }) => sha256),
  };
}

async function buildRelease(build: Build, place: BuildPlace): Promise<BuiltRelease> {
  const { plan, release } = build.keyed;
  await hook(build, 'build:pre', {});
  const kept = await usableEntries(build, stepsOf(build, 'output'));
  const complete = kept.size === stepsOf(build, 'output').length;
  if (!(complete && (await adoptRootfs(build)))) await buildRootfs(build);
  await hook(build, 'image:pre', { LUNSMITH_RELEASE: build.staging });
  await buildOutputs(build, kept);
  await hook(build, 'image:post', { LUNSMITH_RELEASE: build.staging });
  return task(build, 'release', async (ports) => {
    await Promise.all(build.completions);
    const known = await stagedFiles(build);
    const manifest = await describeRelease(plan, build.records, build.staging, known, ports);
    const found = await commitRelease(build.staging, place.output, manifest, ports);
    const before = await build.store.findRelease(release);
    await build.store.noteRelease(release, {
      format: 'lunsmith-release-record/1',
      recipe: plan.recipe.name,
      digest: found.digest,
      paths: [...new Set([...(before?.paths ?? []), found.path])],
      steps: keysOfSteps(build.keyed),
    });
    return found;
  });
}

/**
 * When no output has to be made the layers are not mounted, so they are not verified either; but what they recorded is
 * needed. @returns whether all of them are there
 */
async function adoptRootfs(build: Build): Promise<boolean> {
  const steps = stepsOf(build, 'rootfs');
  const records = await Promise.all(steps.map(({ key }) => build.store.find(key)));
  if (records.includes(undefined)) return false;
  for (const [index, step] of steps.entries()) {
    await build.store.touch(step.key);
    adopt(build, step, records[index] as StepRecord);
  }
  return true;
}

function adopt(build: Build, step: KeyedStep, record: StepRecord): void {
  for (const [key, value] of Object.entries(record.records)) build.records.set(key, value);
  build.emit({ type: 'task-cached', task: step.id, key: step.key });
}

async function buildRootfs(build: Build): Promise<void> {
  const fetching = fetchPackages(build);
  const below: string[] = [];
  const steps = stepsOf(build, 'rootfs');
  const kept = await usableEntries(build, steps);
  for (const step of steps) {
    const record = kept.get(step.id);
    if (record !== undefined) adopt(build, step, record);
    else await makeLayer(build, step, below, fetching);
    below.push(join(build.store.entry(step.key), 'tree'));
  }
}

/**
 * What the store holds of these steps, by their ids. All are looked through at once, since walking a layer of the size of a
 * whole system takes 0.1 s, of which others can use what the file system waits.
 */
async function usableEntries(
  build: Build,
  steps: readonly KeyedStep[],
): Promise<ReadonlyMap<string, StepRecord>> {
  const looks = new PQueue({ concurrency: availableParallelism() });
  const records = await allSettled(steps.map(({ key, id }) => looks.add(() => usableEntry(build, key, id))));
  return new Map(
    steps.flatMap(({ id }, index) => {
      const record = records[index];
      return record === undefined ? [] : [[id, record]];
    }),
  );
}

/** All layers together, read-only, are what the outputs are made of. */
async function buildOutputs(build: Build, kept: ReadonlyMap<string, StepRecord>): Promise<void> {
  const missing = stepsOf(build, 'output').filter(({ id }) => !kept.has(id));
  if (missing.length > 0) {
    await using root = await mountFinishedRoot(build);
    // They depend on the root alone, not on each other.
    await allSettled(missing.map((step) => makeOutput(build, step, root.path)));
  }
  for (const step of stepsOf(build, 'output')) {
    const record = kept.get(step.id);
    if (record !== undefined) adopt(build, step, record);
  }
  await stageOutputs(build);
}

/** Digests of what output steps made; none when a hook may have changed it since. */
async function stagedFiles(build: Build): Promise<StepRecord['files']> {
  if (mayChangeOutputs(build)) return [];
  const records = await Promise.all(stepsOf(build, 'output').map(({ key }) => build.store.find(key)));
  return records.flatMap((record) => record?.files ?? []);
}

function mayChangeOutputs({ keyed }: Build): boolean {
  return keyed.plan.recipe.hooks['image:post'] !== undefined;
}

async function stageOutputs(build: Build): Promise<void> {
  const changes = mayChangeOutputs(build);
  for (const { key } of stepsOf(build, 'output'))
    await addOutput(
      contentFolder(build.store.entry(key), 'output'),
      build.staging,
      { changes },
      quietPorts(build),
    );
}

async function hook(build: Build, event: HookEvent, facts: Readonly<Record<string, string>>): Promise<void> {
  const { recipe } = build.keyed.plan;
  if (recipe.hooks[event] === undefined) return;
  await task(build, event, (ports) => runHook(recipe, event, facts, ports));
}
