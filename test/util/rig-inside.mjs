// Runs inside the sandbox for stage-rig.ts: steps on top of layers, or a command in the result. Plain JavaScript, because
// it is loaded by the compiled sandbox host and not by the test runner.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { clampTimes } from '../../dist/artifacts/formats/tree-times.js';
import { openChroot } from '../../dist/pipeline/chroot.js';
import { createPorts } from '../../dist/pipeline/command.js';
import { archivesOf, packagesOf } from '../../dist/pipeline/lock/lock.js';
import { resolvePlan } from '../../dist/pipeline/lock/resolve-plan.js';
import { mountTree, openMountRoot } from '../../dist/pipeline/root-tree.js';
import { openStepContext } from '../../dist/pipeline/step-context.js';
import { fillPool } from '../../dist/pipeline/store/pool.js';
import { stages } from '../../dist/stages/index.js';

/** @param {any} payload see stage-rig.ts */
export async function inside(payload, ports) {
  const { folder, layers } = payload;
  const mountRoot = await openMountRoot([folder], ports);
  const floor = join(folder, 'floor');
  if (payload.exec !== undefined) {
    const own = join(folder, `exec-${process.hrtime.bigint()}`);
    const upper = { tree: join(own, 'tree'), work: join(own, 'work') };
    const tree = await mountTree(mountRoot, { floor, below: layers, upper }, ports);
    const chroot = await openChroot(tree.path, false, ports);
    const { stdout } = await chroot.run(payload.exec, { doing: 'run a command in the result', quiet: true });
    return { stdout };
  }
  const records = new Map(Object.entries(payload.records ?? {}));
  const given = payload.steps.map((step, index) => plannedStep(step, `${index + 1}-${step.uses}`));
  // What the layers below were made of, for steps that resolve packages on top of it.
  const base = (payload.base ?? []).map((step, index) => plannedStep(step, `base-${index}`));
  const { lock, archives } = await resolveSteps(payload, base, given, ports);
  const done = [];
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
      ports: own,
    });
    await stage.run(open.context);
    // Node 20 has no `await using`; after a failure the sandbox takes the mounts along.
    await open[Symbol.asyncDispose]();
    await tree[Symbol.asyncDispose]();
    if (stage.kind !== 'rootfs') continue;
    await clampTimes(own.run, upper.tree, started, payload.recipe.epoch);
    done.push(upper.tree);
  }
  return { layers: done, records: Object.fromEntries(records), lock };
}

function plannedStep({ uses, with: options = {} }, id) {
  const stage = stages.get(uses);
  const place = { file: 'rig', line: 1, column: 1 };
  return { id, stage, options: stage.options.parse(options), title: uses, place };
}

/** The packages of the steps, without a look at any archive when none of them installs packages. */
async function resolveSteps({ recipe, mirror, state }, base, given, ports) {
  if (given.every(({ stage }) => stage.resolve === undefined)) return { lock: { steps: [] }, archives: {} };
  const plan = { recipe, facts: recipe, steps: [...base, ...given], tools: [] };
  const lock = await resolvePlan(plan, { mirror, state }, ports);
  return { lock, archives: await archivesOf(plan, mirror) };
}
