/** Runs inside the sandbox for stage-rig.ts: steps on top of layers, or a command in the result. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { clampTimes } from '../../artifacts/formats/tree-times.js';
import { createPorts } from '../../base/command.js';
import type { Argv, Ports } from '../../base/ports.js';
import { mountTree, openMountRoot } from '../../pipeline/build/root-tree.js';
import { openStepContext } from '../../pipeline/build/step-context.js';
import { archivesOf, type Lock, packagesOf } from '../../pipeline/plan/lock/lock.js';
import { LOCK_FORMAT } from '../../pipeline/plan/lock/lock-text.js';
import { resolvePlan } from '../../pipeline/plan/lock/resolve-plan.js';
import type { Plan } from '../../pipeline/plan/plan.js';
import type { PlannedStep } from '../../pipeline/plan/planned-step.js';
import type { Recipe } from '../../pipeline/recipe/recipe.js';
import type { RecipeFacts } from '../../pipeline/recipe-facts.js';
import { openChroot } from '../../pipeline/sandbox/chroot.js';
import type { StageDefinition } from '../../pipeline/stage.js';
import { fillPool } from '../../pipeline/store/pool.js';
import { stages } from '../../stages/index.js';

export interface RigStep {
  readonly uses: string;
  readonly with?: unknown;
}

interface Below {
  readonly folder: string;
  /** Absolute paths of trees, oldest first. */
  readonly layers: readonly string[];
}

export interface RigSteps extends Below {
  readonly steps: readonly RigStep[];
  /** What the layers below were made of, for steps that resolve packages on top of it. */
  readonly base: readonly RigStep[];
  readonly recipe: RecipeFacts & { readonly epoch: number };
  readonly mirror: string | undefined;
  readonly records: Readonly<Record<string, unknown>>;
  /** Folders of package lists and of package files. */
  readonly state: string;
  readonly pool: string;
}

export interface RigCommand extends Below {
  readonly exec: Argv;
}

export interface RigResult {
  /** Those of the steps. */
  readonly layers: readonly string[];
  readonly records: Readonly<Record<string, unknown>>;
  readonly lock: Lock;
}

export async function inside(
  payload: RigSteps | RigCommand,
  ports: Ports,
): Promise<RigResult | { readonly stdout: string }> {
  const { folder, layers } = payload;
  const mountRoot = await openMountRoot([folder], ports);
  const floor = join(folder, 'floor');
  if ('exec' in payload) {
    const own = join(folder, `exec-${process.hrtime.bigint()}`);
    const upper = { tree: join(own, 'tree'), work: join(own, 'work') };
    const tree = await mountTree(mountRoot, { floor, below: layers, upper }, ports);
    const chroot = await openChroot(tree.path, false, ports);
    const { stdout } = await chroot.run(payload.exec, { doing: 'run a command in the result', quiet: true });
    return { stdout };
  }
  const records = new Map(Object.entries(payload.records));
  const given = payload.steps.map((step, index) => plannedStep(step, `${index + 1}-${step.uses}`));
  const base = payload.base.map((step, index) => plannedStep(step, `base-${index}`));
  const { lock, archives } = await resolveSteps(payload, base, given, ports);
  const done: string[] = [];
  for (const step of given) {
    const { id, stage } = step;
    const upper = { tree: join(folder, id, 'tree'), work: join(folder, id, 'work') };
    const scratch = join(folder, id, 'scratch');
    const output = join(folder, 'output');
    await mkdir(scratch, { recursive: true });
    await mkdir(output, { recursive: true });
    const own = createPorts({
      emit: ports.emit,
      signal: ports.signal,
      task: id,
      env: { SOURCE_DATE_EPOCH: String(payload.recipe.epoch) },
    });
    const started = Math.floor(Date.now() / 1000);
    const packages = await fillPool(packagesOf(lock, id), { archives, folder: payload.pool, ports: own });
    const mount =
      stage.kind === 'rootfs'
        ? { floor, below: [...layers, ...done], upper }
        : { floor, below: [...layers, ...done] };
    const tree = await mountTree(mountRoot, mount, own);
    const open = openStepContext({
      step,
      recipe: payload.recipe,
      facts: payload.recipe,
      rootfs: tree.path,
      output,
      scratch,
      mirror: payload.mirror,
      packages,
      record: (key, value) => records.set(key, value),
      recorded: (key) => records.get(key),
      part: async (name, work) => {
        const part = join(folder, id, 'parts', name);
        await mkdir(part, { recursive: true });
        await work(part);
        return part;
      },
      digested: () => Promise.resolve(),
      ports: own,
    });
    await stage.run(open.context);
    // Before the layer's times are set. After a failure the sandbox takes the mounts along.
    await open[Symbol.asyncDispose]();
    await tree[Symbol.asyncDispose]();
    if (stage.kind !== 'rootfs') continue;
    await clampTimes(own.run, upper.tree, started, payload.recipe.epoch);
    done.push(upper.tree);
  }
  return { layers: done, records: Object.fromEntries(records), lock };
}

function plannedStep({ uses, with: options = {} }: RigStep, id: string): PlannedStep {
  const stage: StageDefinition | undefined = stages.get(uses);
  if (stage === undefined) throw new Error(`no stage ${uses}`);
  const place = { file: 'rig', line: 1, column: 1 };
  return { id, stage, options: stage.options.parse(options), title: uses, place };
}

/** The packages of the steps, without a look at any archive when none of them installs packages. */
async function resolveSteps(
  { recipe, mirror, state }: RigSteps,
  base: readonly PlannedStep[],
  given: readonly PlannedStep[],
  ports: Ports,
): Promise<{ readonly lock: Lock; readonly archives: Readonly<Record<string, string>> }> {
  if (given.every(({ stage }) => stage.resolve === undefined)) {
    const { architecture } = recipe;
    return { lock: { format: LOCK_FORMAT, architecture, indexes: [], steps: [] }, archives: {} };
  }
  const plan: Plan = { recipe: recipe as Recipe, facts: recipe, steps: [...base, ...given], tools: [] };
  const lock = await resolvePlan(plan, { mirror, state }, ports);
  return { lock, archives: await archivesOf(plan, mirror) };
}
