// Runs inside the sandbox for stage-rig.ts: steps on top of layers, or a command in the result. Plain JavaScript, because
// it is loaded by the compiled sandbox host and not by the test runner.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openChroot } from '../../dist/pipeline/chroot.js';
import { createPorts } from '../../dist/pipeline/command.js';
import { mountTree, openMountRoot } from '../../dist/pipeline/root-tree.js';
import { openStepContext } from '../../dist/pipeline/step-context.js';
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
  const done = [];
  for (const [index, { uses, with: options = {} }] of payload.steps.entries()) {
    const stage = stages.get(uses);
    const id = `${index + 1}-${uses}`;
    const step = {
      id,
      stage,
      options: stage.options.parse(options),
      title: uses,
      place: { file: 'rig', line: 1, column: 1 },
    };
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
      records,
      ports: own,
    });
    await stage.run(open.context);
    // Node 20 has no `await using`; after a failure the sandbox takes the mounts along.
    await open[Symbol.asyncDispose]();
    await tree[Symbol.asyncDispose]();
    if (stage.kind === 'rootfs') done.push(upper.tree);
  }
  return { layers: done, records: Object.fromEntries(records) };
}
