/** The work of one step: a tree mounted from the layers below, the stage or hook run in it, the result kept. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { clampTimes } from '../../artifacts/formats/tree-times.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { describeChange, explainMiss } from '../plan/keys/explain.js';
import type { KeyedStep } from '../plan/keys/fingerprint.js';
import { digestInputs } from '../plan/keys/input-files.js';
import type { PooledPackage } from '../plan/package-set.js';
import type { PlannedStep } from '../plan/planned-step.js';
import { runHook } from '../sandbox/hook.js';
import { makeEntry } from '../store/entry.js';
import { type Build, quietPorts, stepsOf, task } from './build.js';
import { keepFailedTree } from './failed-tree.js';
import { readSystem, SYSTEM } from './manifest.js';
import { type MountedTree, mountTree } from './root-tree.js';
import { openStepContext } from './step-context.js';

/** Packages of a step, once they are in the pool. */
export type Fetching = (step: string) => Promise<readonly PooledPackage[]>;

/** Runs a rootfs step on the layers below it and keeps its layer. */
export async function makeLayer(
  build: Build,
  step: KeyedStep,
  below: readonly string[],
  fetching: Fetching,
): Promise<void> {
  await makeResult(build, step, 'layers', (tree, ports) =>
    inTree(build, step, { tree, below, fetching }, ports),
  );
}

/** Runs an output step on the finished root and keeps its files. */
export async function makeOutput(build: Build, step: KeyedStep, rootfs: string): Promise<void> {
  const { work: planned } = step;
  if (typeof planned === 'string') return;
  await makeResult(build, step, 'outputs', (output, ports) =>
    inOutput(build, step, planned, { rootfs, output, packages: [] }, ports),
  );
}

/** The step's task: its result is made in a room of the build's folder, and kept. */
async function makeResult(
  build: Build,
  step: KeyedStep,
  room: 'layers' | 'outputs',
  make: (content: string, ports: Ports) => Promise<Record<string, unknown>>,
): Promise<void> {
  const kind = room === 'layers' ? 'layer' : 'output';
  const folder = join(build.folder.path, room, step.id.replaceAll(':', '-'));
  const because = await reasons(build, step);
  await task(
    build,
    step.id,
    async (ports) => {
      const work = {
        ...step,
        kind,
        step: step.id,
        folder,
        make: (content: string) => make(content, ports),
      } as const;
      const { records, made } = await makeEntry(build, work, ports);
      remember(build, records);
      return made;
    },
    { because, note: (made) => (made ? undefined : 'made by another build meanwhile') },
  );
}

interface LayerWork {
  readonly tree: string;
  readonly below: readonly string[];
  readonly fetching: Fetching;
}

async function inTree(
  build: Build,
  step: KeyedStep,
  { tree, below, fetching }: LayerWork,
  ports: Ports,
): Promise<Record<string, unknown>> {
  const { work: stepWork, id } = step;
  const floor = join(build.folder.path, 'floor');
  const upper = { tree, work: join(tree, '..', 'work') };
  // Whole seconds, as some file systems keep no more.
  const started = Math.floor(Date.now() / 1000);
  const { recipe } = build.keyed.plan;
  let recorded: Record<string, unknown> = {};
  try {
    {
      await using mounted = await mountTree(build.mountRoot, { floor, below, upper }, ports);
      const rootfs = mounted.path;
      if (typeof stepWork === 'string') await runHook(recipe, stepWork, { LUNSMITH_ROOTFS: rootfs }, ports);
      else {
        const packages = await fetching(id);
        recorded = await runStage(build, step, stepWork, { rootfs, output: '', packages }, ports);
      }
    }
    // No two builds would agree on the times at which they wrote.
    await clampTimes(ports.run, tree, started, recipe.epoch);
    return recorded;
  } catch (error) {
    await keepIfAsked(build, step, tree, below, ports);
    throw error;
  }
}

function finishedLayers(build: Build): string[] {
  return stepsOf(build, 'rootfs').map(({ key }) => join(build.store.entry(key), 'tree'));
}

/** The finished root, read-only. */
export async function openFinishedRoot(build: Build): Promise<MountedTree> {
  const floor = join(build.folder.path, 'floor');
  const layers = { floor, below: finishedLayers(build) };
  const tree = await mountTree(build.mountRoot, layers, quietPorts(build));
  build.records.set(SYSTEM, await readSystem(tree.path));
  return tree;
}

async function inOutput(
  build: Build,
  step: KeyedStep,
  planned: PlannedStep,
  ground: StageGround,
  ports: Ports,
): Promise<Record<string, unknown>> {
  try {
    const recorded = await runStage(build, step, planned, ground, ports);
    return { ...recorded, [SYSTEM]: build.records.get(SYSTEM) };
  } catch (error) {
    // It changes nothing in the root; a shell shows the root that it could not make a release of.
    const tree = join(build.folder.path, 'layers', step.id);
    await mkdir(tree, { recursive: true, mode: 0o755 });
    await keepIfAsked(build, step, tree, finishedLayers(build), ports);
    throw error;
  }
}

/** Keeps the tree of a step that failed, when the user wants a shell in it. */
async function keepIfAsked(
  build: Build,
  step: KeyedStep,
  tree: string,
  below: readonly string[],
  { signal }: Ports,
): Promise<void> {
  if (build.keepFailed && !signal.aborted) await keepFailedTree(build.folder.path, step.id, tree, below);
}

interface StageGround {
  readonly rootfs: string;
  readonly output: string;
  readonly packages: readonly PooledPackage[];
}

/** Runs a stage. @returns what it recorded */
async function runStage(
  build: Build,
  step: KeyedStep,
  planned: PlannedStep,
  ground: StageGround,
  ports: Ports,
): Promise<Record<string, unknown>> {
  const { plan } = build.keyed;
  const scratch = join(build.folder.path, 'scratch', step.id);
  await mkdir(scratch, { recursive: true });
  const own = new Map<string, unknown>();
  {
    await using open = openStepContext({
      ...ground,
      step: planned,
      recipe: plan.recipe,
      facts: plan.facts,
      scratch,
      mirror: build.mirror,
      temporary: build.temporary,
      recorded: (key) => own.get(key) ?? build.records.get(key),
      record: (key, value) => void own.set(key, value),
      part: (name, work) => makePart(build, step, name, work, ports),
      digested: (image, tree) => build.digests.note(image, tree),
      ports,
    });
    await planned.stage.run(open.context);
  }
  await rm(scratch, { recursive: true, force: true });
  await assertInputsUnchanged(build, step, planned);
  return Object.fromEntries(own);
}

/** The folder of a part, kept from an earlier build or made now. */
async function makePart(
  build: Build,
  step: KeyedStep,
  name: string,
  work: (folder: string) => Promise<void>,
  ports: Ports,
): Promise<string> {
  const part = step.parts[name];
  if (part === undefined) {
    throw new Failure('internal', { what: `The stage of ${step.id} does not declare the part ${name}.` });
  }
  const { path } = await makeEntry(
    build,
    {
      ...part,
      kind: 'part',
      step: `${step.id}/${name}`,
      folder: join(build.folder.path, 'parts', `${step.id}-${name}`),
      make: async (folder) => {
        await work(folder);
        return {};
      },
    },
    ports,
  );
  return path;
}

/** What was read while somebody wrote it must not be kept under the key of what was there before. */
async function assertInputsUnchanged(
  { keyed }: Build,
  { id, inputs }: KeyedStep,
  { stage, options }: PlannedStep,
): Promise<void> {
  const now = await digestInputs(keyed.plan.recipe, stage.inputs?.(options) ?? []);
  const changed = Object.keys(now).find((name) => now[name] !== inputs.files[name]);
  if (changed === undefined) return;
  throw new Failure('recipe', {
    what: `${changed} of the recipe changed while ${id} was using it.`,
    hint: 'Run the build again when the recipe is at rest.',
  });
}

function remember(build: Build, records: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(records)) build.records.set(key, value);
}

async function reasons({ store, keyed }: Build, step: KeyedStep): Promise<string[]> {
  const last = await store.last(keyed.plan.recipe.name, step.id);
  if (last === undefined || last.key === step.key) return [];
  return explainMiss(last.inputs, step.inputs).map(describeChange);
}
