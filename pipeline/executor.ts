/**
 * Carries a plan out, inside the sandbox: each rootfs step writes its layer, the output steps write the release's files
 * from all layers together, then the manifest is taken and the release appears. What fails leaves nothing but the log.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../artifacts/failure.js';
import { commitRelease } from '../artifacts/release/release.js';
import { openBuildLog } from './build-log.js';
import { createPorts } from './command.js';
import type { Emit, TaskFacts } from './event.js';
import { runHook } from './hook.js';
import type { HookEvent } from './hook-events.js';
import { describeRelease, readSystem } from './manifest.js';
import type { Plan, PlannedStep } from './plan.js';
import type { Ports } from './ports.js';
import { mountTree, openMountRoot } from './root-tree.js';
import { openStepContext, stepFolder } from './step-context.js';
import { type BuildFolder, type OwnerClaim, openBuildFolder } from './workspace.js';

export interface BuildPlace {
  /** Absolute paths. */
  readonly output: string;
  readonly workspace: string;
  /** The apt mirror that the user chose, if any. */
  readonly mirror?: string;
  readonly owner: OwnerClaim;
}

export interface BuiltRelease {
  readonly path: string;
  readonly digest: string;
}

/** @throws Failure that names the step and the log; no release is left then */
export async function executePlan(plan: Plan, place: BuildPlace, ports: Ports): Promise<BuiltRelease> {
  const started = Date.now();
  const { recipe } = plan;
  await using folder = await openBuildFolder(place.workspace, recipe.name, place.owner);
  await using log = openBuildLog(folder.log, ports.emit);
  log.emit({
    type: 'started',
    work: 'build',
    subject: recipe.name,
    tasks: tasksOf(plan),
  });
  try {
    const build = await openBuild(plan, place, folder, log.emit, ports);
    await buildRootfs(build);
    await buildOutputs(build);
    const release = await task(build, 'release', async (own) => {
      const manifest = await describeRelease(plan, build.records, build.staging, build.system, own);
      return commitRelease(build.staging, place.output, manifest, own);
    });
    await hook(build, 'release:post', { LUNSMITH_RELEASE: release.path });
    const seconds = (Date.now() - started) / 1000;
    log.emit({ type: 'released', recipe: recipe.name, ...release, seconds });
    return release;
  } catch (error) {
    throw Failure.from(error).with({ log: log.path });
  }
}

/** One build under way. */
interface Build {
  readonly plan: Plan;
  readonly place: BuildPlace;
  readonly folder: BuildFolder;
  readonly mountRoot: string;
  /** What becomes the release. */
  readonly staging: string;
  /** Trees of the finished layers, oldest first. */
  readonly layers: string[];
  /** What stages recorded for later steps and for the manifest. */
  readonly records: Map<string, unknown>;
  /** `${ID} ${VERSION_ID}` of the root, known once it is built. */
  system: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

async function openBuild(
  plan: Plan,
  place: BuildPlace,
  folder: BuildFolder,
  emit: Emit,
  ports: Ports,
): Promise<Build> {
  const staging = join(folder.path, 'release');
  await mkdir(staging);
  const mountRoot = await openMountRoot([place.workspace, place.output, plan.recipe.folder], ports);
  const { signal } = ports;
  return {
    plan,
    place,
    folder,
    mountRoot,
    staging,
    layers: [],
    records: new Map(),
    system: '',
    emit,
    signal,
  };
}

function taskPorts(build: Build, id: string): Ports {
  return createPorts({
    emit: build.emit,
    signal: build.signal,
    task: id,
    env: { SOURCE_DATE_EPOCH: String(build.plan.recipe.epoch) },
  });
}

/** Does one task between its start and finish events. */
async function task<T>(build: Build, id: string, work: (ports: Ports) => Promise<T>): Promise<T> {
  const started = Date.now();
  const seconds = () => (Date.now() - started) / 1000;
  build.emit({ type: 'task-started', task: id });
  try {
    const result = await work(taskPorts(build, id));
    build.emit({ type: 'task-finished', task: id, seconds: seconds() });
    return result;
  } catch (error) {
    build.emit({ type: 'task-failed', task: id, seconds: seconds() });
    throw Failure.from(error).with({ step: id });
  }
}

/** All tasks in order: hooks that the recipe has, steps, and the release itself. */
function tasksOf(plan: Plan): TaskFacts[] {
  const hook = (...events: HookEvent[]) =>
    events
      .filter((event) => plan.recipe.hooks[event] !== undefined)
      .map((event) => ({ id: event, title: `hook ${event}` }));
  const [first = [], ...others] = plan.steps
    .filter((step) => step.stage.kind === 'rootfs')
    .map(({ id, title }) => [{ id, title }]);
  const outputs = plan.steps
    .filter((step) => step.stage.kind === 'output')
    .map(({ id, title }) => ({ id, title }));
  return [
    ...hook('build:pre'),
    ...first,
    ...hook('rootfs:pre'),
    ...others.flat(),
    ...hook('rootfs:post', 'image:pre'),
    ...outputs,
    ...hook('image:post'),
    { id: 'release', title: 'release' },
    ...hook('release:post'),
  ];
}

async function buildRootfs(build: Build): Promise<void> {
  const { plan } = build;
  const steps = plan.steps.filter((step) => step.stage.kind === 'rootfs');
  await hook(build, 'build:pre', {});
  for (const [index, step] of steps.entries()) {
    await task(build, step.id, (ports) => buildLayer(build, index, step, ports));
    if (index === 0) await hookInTree(build, 'rootfs:pre');
  }
  await hookInTree(build, 'rootfs:post');
}

async function buildLayer(build: Build, index: number, step: PlannedStep, ports: Ports): Promise<void> {
  const layer = stepFolder(join(build.folder.path, 'layers'), index, step);
  await inNewLayer(build, layer, ports, (rootfs) => runStage(build, index, step, rootfs, ports));
}

/** Mounts a new layer on those that are finished, and adds it to them when the work succeeded. */
async function inNewLayer(
  build: Build,
  layer: string,
  ports: Ports,
  work: (rootfs: string) => Promise<void>,
): Promise<void> {
  const upper = { tree: join(layer, 'tree'), work: join(layer, 'work') };
  const floor = join(build.folder.path, 'floor');
  {
    await using tree = await mountTree(build.mountRoot, { floor, below: build.layers, upper }, ports);
    await work(tree.path);
  }
  build.layers.push(upper.tree);
}

async function runStage(
  build: Build,
  index: number,
  step: PlannedStep,
  rootfs: string,
  ports: Ports,
): Promise<void> {
  const scratch = stepFolder(join(build.folder.path, 'scratch'), index, step);
  await mkdir(scratch, { recursive: true });
  const { plan, place, staging: output, records } = build;
  {
    await using open = openStepContext({
      step,
      recipe: plan.recipe,
      facts: plan.facts,
      rootfs,
      output,
      scratch,
      mirror: place.mirror,
      records,
      ports,
    });
    await step.stage.run(open.context);
  }
  await rm(scratch, { recursive: true, force: true });
}

/** All layers together, read-only, are what the outputs are made of. */
async function buildOutputs(build: Build): Promise<void> {
  const { plan } = build;
  const steps = plan.steps.filter((step) => step.stage.kind === 'output');
  const quiet = createPorts({ emit: () => undefined, signal: build.signal });
  await hook(build, 'image:pre', { LUNSMITH_RELEASE: build.staging });
  const floor = join(build.folder.path, 'floor');
  {
    await using tree = await mountTree(build.mountRoot, { floor, below: build.layers }, quiet);
    build.system = await readSystem(tree.path);
    for (const [index, step] of steps.entries()) {
      await task(build, step.id, (ports) => runStage(build, index, step, tree.path, ports));
    }
  }
  await hook(build, 'image:post', { LUNSMITH_RELEASE: build.staging });
}

async function hook(build: Build, event: HookEvent, facts: Readonly<Record<string, string>>): Promise<void> {
  if (build.plan.recipe.hooks[event] === undefined) return;
  await task(build, event, (ports) => runHook(build.plan.recipe, event, facts, ports));
}

/** A hook that may change the root does so in a layer of its own. */
async function hookInTree(build: Build, event: HookEvent): Promise<void> {
  const { recipe } = build.plan;
  if (recipe.hooks[event] === undefined) return;
  const layer = join(build.folder.path, 'layers', event.replace(':', '-'));
  await task(build, event, (ports) =>
    inNewLayer(build, layer, ports, (rootfs) => runHook(recipe, event, { LUNSMITH_ROOTFS: rootfs }, ports)),
  );
}
