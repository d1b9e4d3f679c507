/** Runs inside the sandbox for stage-rig.ts: steps on top of layers, or a command in the result. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Authorize } from '../../base/netrc.js';
import type { Argv, Ports } from '../../base/ports.js';
import { mountTree, openMountRoot } from '../../pipeline/build/root-tree.js';
import type { Records, StageWork } from '../../pipeline/build/run-stage.js';
import { makeStageLayer } from '../../pipeline/build/stage-layer.js';
import { makeStageOutput, openFinishedRoot } from '../../pipeline/build/stage-output.js';
import { stepPorts } from '../../pipeline/build/step-ports.js';
import type { NativeTree } from '../../pipeline/native-tools.js';
import { authorizationOf } from '../../pipeline/plan/authorization.js';
import { archivesOf, type Lock, packagesOf, toolsOf } from '../../pipeline/plan/lock/lock.js';
import { LOCK_FORMAT } from '../../pipeline/plan/lock/lock-text.js';
import { resolvePlan } from '../../pipeline/plan/lock/resolve-plan.js';
import type { ArchiveUrls } from '../../pipeline/plan/package-set.js';
import type { Plan } from '../../pipeline/plan/plan.js';
import type { PlannedStep } from '../../pipeline/plan/planned-step.js';
import type { Recipe } from '../../pipeline/recipe/recipe.js';
import type { Architecture, RecipeFacts } from '../../pipeline/recipe-facts.js';
import { openChroot } from '../../pipeline/sandbox/chroot.js';
import { runForeign } from '../../pipeline/sandbox/foreign.js';
import type { KnownDistribution, StageDefinition } from '../../pipeline/stage.js';
import { fillPool } from '../../pipeline/store/pool.js';
import { debian } from '../../stages/distribution/debian/index.js';
import { distributions } from '../../stages/distribution/index.js';
import { stages } from '../../stages/index.js';

export interface RigStep {
  readonly uses: string;
  readonly with?: unknown;
}

interface Below {
  readonly folder: string;
  readonly architecture: Architecture;
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
  /** Whether native tools stand in for programs of a foreign root; default false. */
  readonly native?: boolean;
  /** What the packages come to; without one the steps are resolved. */
  readonly lock?: Lock;
  /** Folders of package lists and of package files. */
  readonly state: string;
  readonly pool: string;
}

export interface RigListing extends Below {
  /** The file to write. */
  readonly list: string;
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
  payload: RigSteps | RigCommand | RigListing,
  ports: Ports,
): Promise<RigResult | { readonly stdout: string }> {
  const { folder, layers } = payload;
  const mountRoot = await openMountRoot([folder], ports);
  const floor = join(folder, 'floor');
  if ('list' in payload) {
    await using tree = await mountTree(mountRoot, { floor, below: layers }, ports);
    await writeFile(payload.list, await listing(tree.path, ports));
    return { stdout: '' };
  }
  await runForeign(payload.architecture, folder, ports);
  if ('exec' in payload) {
    const own = join(folder, `exec-${process.hrtime.bigint()}`);
    const upper = { tree: join(own, 'tree'), work: join(own, 'work') };
    const tree = await mountTree(mountRoot, { floor, below: layers, upper }, ports);
    const chroot = await openChroot(tree.path, false, ports, debian.guard);
    const { stdout } = await chroot.run(payload.exec, { doing: 'run a command in the result', quiet: true });
    return { stdout };
  }
  const records = new Map(Object.entries(payload.records));
  const keep = (own: Records) => {
    for (const [key, value] of Object.entries(own)) records.set(key, value);
  };
  const distribution = distributionOfSteps([...payload.base, ...payload.steps]);
  const given = payload.steps.map((step, index) =>
    plannedStep(step, `${index + 1}-${step.uses}`, distribution),
  );
  const base = payload.base.map((step, index) => plannedStep(step, `base-${index}`, distribution));
  const { lock, archives, authorize } = await resolveSteps(payload, base, given, ports);
  const done: string[] = [];
  let tools: Promise<NativeTree | undefined> | undefined;
  const native = async () => {
    const to = join(folder, 'native');
    await mkdir(to);
    const around = { archives, authorize, folder: payload.pool, ports };
    return debian.native?.unpack(await fillPool(toolsOf(lock), around), to, ports);
  };
  for (const step of given) {
    const { id, stage } = step;
    const { recipe, mirror, pool } = payload;
    const packages = await fillPool(packagesOf(lock, id), {
      archives,
      authorize,
      folder: pool,
      ports: stepPorts(ports, id, recipe.epoch),
    });
    const work: StageWork = {
      step,
      recipe,
      facts: recipe,
      scratch: join(folder, id, 'scratch'),
      mirror,
      packages,
      ...(payload.native === true ? { native: () => (tools ??= native()) } : {}),
      recorded: (key) => records.get(key),
      part: async (name, fill) => {
        const part = join(folder, id, 'parts', name);
        await mkdir(part, { recursive: true });
        await fill(part);
        return part;
      },
      digested: () => Promise.resolve(),
    };
    const below = [...layers, ...done];
    if (stage.kind === 'rootfs') {
      const tree = join(folder, id, 'tree');
      const ground = { mountRoot, floor, below, tree, epoch: recipe.epoch };
      keep(await makeStageLayer(ground, work, ports));
      done.push(tree);
    } else {
      const output = join(folder, 'output');
      await mkdir(output, { recursive: true });
      await using root = await openFinishedRoot(mountRoot, { floor, below }, ports);
      keep(await makeStageOutput({ rootfs: root.path, output }, work, ports));
    }
  }
  return { layers: done, records: Object.fromEntries(records), lock };
}

/** Everything in a tree, with owners, modes, times, links and digests: mtree(5), a line each. */
async function listing(tree: string, { run }: Ports): Promise<string> {
  const options = '--options=mtree:sha256,mtree:!nlink';
  const argv = ['bsdtar', '--format=mtree', options, '-cf', '-', '-C', tree, '.'] as const;
  return (await run(argv, { doing: 'list the result', quiet: true })).stdout;
}

function plannedStep(
  { uses, with: options = {} }: RigStep,
  id: string,
  distribution: KnownDistribution,
): PlannedStep {
  const stage: StageDefinition | undefined = stages.get(uses);
  if (stage === undefined) throw new Error(`no stage ${uses}`);
  const place = { file: 'rig', line: 1, column: 1 };
  return { id, stage, options: stage.options.parse(options), title: uses, place, distribution };
}

/** That of the step that makes the root; what lies below steps without one is of Debian. */
function distributionOfSteps(steps: readonly RigStep[]): KnownDistribution {
  const [made] = steps.flatMap(({ uses }) => stages.get(uses)?.distribution?.({}) ?? []);
  return distributions.get(made ?? '') ?? debian;
}

/** The packages of the steps, without a look at any archive when none of them installs packages. */
async function resolveSteps(
  payload: RigSteps,
  base: readonly PlannedStep[],
  given: readonly PlannedStep[],
  ports: Ports,
): Promise<{
  readonly lock: Lock;
  readonly archives: ArchiveUrls;
  readonly authorize: () => Promise<Authorize>;
}> {
  const { recipe, mirror, state } = payload;
  const plan: Plan = { recipe: recipe as Recipe, facts: recipe, steps: [...base, ...given], tools: [] };
  const authorize = () => authorizationOf(plan);
  if (given.every(({ stage }) => stage.resolve === undefined)) {
    const { architecture } = recipe;
    return { lock: { format: LOCK_FORMAT, architecture, indexes: [], steps: [] }, archives: {}, authorize };
  }
  const lock = payload.lock ?? (await resolvePlan(plan, { mirror, state }, ports));
  return { lock, archives: await archivesOf(plan, mirror), authorize };
}
