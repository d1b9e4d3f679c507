/** The task of one step: what `build/` makes of it is kept in the store; a tree that fails may be kept for a shell. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { describeChange, explainMiss } from '../plan/keys/explain.js';
import type { KeyedStep } from '../plan/keys/fingerprint.js';
import { digestInputs } from '../plan/keys/input-files.js';
import type { PooledPackage } from '../plan/package-set.js';
import type { PlannedStep } from '../plan/planned-step.js';
import { type Made, makeEntry } from '../store/entry.js';
import type { StepRecord } from '../store/store.js';
import { type Build, quietPorts, stepsOf, task } from './build.js';
import { keepFailedTree } from './failed-tree.js';
import { makeHookLayer } from './hook-layer.js';
import { rootKeyOf, takeLayerOf } from './root-key.js';
import type { MountedTree } from './root-tree.js';
import type { Records, StageWork } from './run-stage.js';
import { makeStageLayer } from './stage-layer.js';
import { makeStageOutput, openFinishedRoot } from './stage-output.js';

/** Packages of a step, once they are in the pool. */
export type Fetching = (step: string) => Promise<readonly PooledPackage[]>;

/** Runs a rootfs step on the layers below it and keeps its layer. */
export async function makeLayer(
  build: Build,
  step: KeyedStep,
  below: readonly string[],
  fetching: Fetching,
): Promise<void> {
  let known = false;
  const make = async (tree: string, ports: Ports) =>
    inTree(build, step, { tree, below, fetching, onKnown: () => (known = true) }, ports);
  const note = () => (known ? 'nothing that it reads has changed' : undefined);
  await makeResult(build, step, 'layers', make, note);
}

/** Runs an output step on the finished root and keeps its files. */
export async function makeOutput(build: Build, step: KeyedStep, rootfs: string): Promise<void> {
  const { work: planned } = step;
  if (typeof planned === 'string') return;
  await makeResult(build, step, 'outputs', (output, ports) =>
    inOutput(build, step, planned, { rootfs, output }, ports).then((records) => ({ records })),
  );
}

/** The step's task: its result is made in a room of the build's folder, and kept. */
async function makeResult(
  build: Build,
  step: KeyedStep,
  room: 'layers' | 'outputs',
  make: (content: string, ports: Ports) => Promise<Made>,
  note: () => string | undefined = () => undefined,
): Promise<void> {
  const kind = room === 'layers' ? 'layer' : 'output';
  const folder = join(build.folder.path, room, step.id.replaceAll(':', '-'));
  const last = await build.store.last(build.keyed.plan.recipe.name, step.id);
  const [because, usually] = [reasons(last, step), last?.seconds];
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
    { because, usually, note: (made) => (made ? note() : 'made by another build meanwhile') },
  );
}

interface LayerWork {
  readonly tree: string;
  readonly below: readonly string[];
  readonly fetching: Fetching;
  /** Called when the layer was there under another key. */
  readonly onKnown: () => void;
}

async function inTree(
  build: Build,
  step: KeyedStep,
  { tree, below, fetching, onKnown }: LayerWork,
  ports: Ports,
): Promise<Made> {
  const { work, id } = step;
  const { recipe } = build.keyed.plan;
  const ground = { mountRoot: build.mountRoot, floor: floorOf(build), below, tree, epoch: recipe.epoch };
  try {
    if (typeof work === 'string') {
      await makeHookLayer(ground, recipe, work, ports);
      return { records: {} };
    }
    const rootKey = await rootKeyOf(step, work, ground, ports);
    const known = rootKey === undefined ? undefined : await takeLayerOf(build, rootKey, id, tree, ports);
    if (known !== undefined) {
      onKnown();
      return known;
    }
    const records = await makeStageLayer(
      ground,
      stageWork(build, step, work, await fetching(id), ports),
      ports,
    );
    await assertInputsUnchanged(build, step, work);
    return { records, rootKey };
  } catch (error) {
    await keepIfAsked(build, step, tree, below, ports);
    throw error;
  }
}

function floorOf(build: Build): string {
  return join(build.folder.path, 'floor');
}

function finishedLayers(build: Build): string[] {
  return stepsOf(build, 'rootfs').map(({ key }) => join(build.store.entry(key), 'tree'));
}

/** The finished root, read-only. */
export async function mountFinishedRoot(build: Build): Promise<MountedTree> {
  const layers = { floor: floorOf(build), below: finishedLayers(build) };
  return openFinishedRoot(build.mountRoot, layers, quietPorts(build));
}

async function inOutput(
  build: Build,
  step: KeyedStep,
  planned: PlannedStep,
  place: { readonly rootfs: string; readonly output: string },
  ports: Ports,
): Promise<Records> {
  try {
    const records = await makeStageOutput(place, stageWork(build, step, planned, [], ports), ports);
    await assertInputsUnchanged(build, step, planned);
    return records;
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
  if (build.keepFailed && !signal.aborted) {
    const guard = typeof step.work === 'string' ? undefined : step.work.distribution?.guard;
    const { architecture } = build.keyed.plan.recipe;
    await keepFailedTree(build.folder.path, tree, { step: step.id, architecture, below, guard });
  }
}

/** What a step's stage is handed in this build. */
function stageWork(
  build: Build,
  keyed: KeyedStep,
  step: PlannedStep,
  packages: readonly PooledPackage[],
  ports: Ports,
): StageWork {
  const { plan } = build.keyed;
  return {
    step,
    recipe: plan.recipe,
    facts: plan.facts,
    scratch: join(build.folder.path, 'scratch', step.id),
    mirror: build.mirror,
    temporary: build.temporary,
    packages,
    native: build.native,
    recorded: step.stage.unread === undefined ? (key) => build.records.get(key) : () => undefined,
    part: (name, work) => makePart(build, keyed, name, work, ports),
    digested: (image, tree) => build.digests.note(image, tree),
  };
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
        return { records: {} };
      },
    },
    ports,
  );
  return path;
}

/** Inputs that were written to while a step read them must not be kept under the key of what was there before. */
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

function reasons(last: StepRecord | undefined, step: KeyedStep): string[] {
  if (last === undefined || last.key === step.key) return [];
  return explainMiss(last.inputs, step.inputs).map(describeChange);
}
