/** Stages that only tests know: a root with names and paths that Node cannot take, and a LUN of it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Registry, registry as standard } from '../../app/registry.js';
import { planLayout } from '../../artifacts/formats/disk-layout.js';
import { writeExt4 } from '../../artifacts/formats/ext4.js';
import { ext4Geometry } from '../../artifacts/formats/ext4-size.js';
import { writePartitionTable } from '../../artifacts/formats/partition-table.js';
import { createSparse } from '../../artifacts/formats/sparse.js';
import { measureTree } from '../../artifacts/formats/tree-size.js';
import { normaliseDisk } from '../../pipeline/recipe/disk.js';
import { diskSchema } from '../../pipeline/recipe/schema.js';
import { defineStage } from '../../pipeline/stage.js';
import { describeDisk } from '../../stages/lun-image/describe.js';
import { rootTree } from '../../stages/rootfs/tree.js';
import { LUN_IMAGE, ROOT } from '../../stages/things.js';
import { makeDeepPath, makeOddNames } from '../util/odd-names.js';

const DISK = { size: '64M', partitions: [{ name: 'root', type: 'linux', size: 'rest', mount: '/' }] };

const oddRoot = defineStage({
  name: 'odd-root',
  summary: 'Make a tree of odd names, twice, and remove one of them.',
  kind: 'rootfs',
  provides: [ROOT],
  options: z.strictObject({
    breaks: z.boolean().default(false).describe('Whether the step fails in the end.'),
  }),
  tools: [],
  async run({ rootfs, options }) {
    const tree = rootTree(rootfs);
    for (const folder of ['etc', 'odd', 'gone']) await mkdir(join(rootfs, folder));
    await writeFile(join(rootfs, 'etc/os-release'), 'PRETTY_NAME="Odd"\n');
    for (const folder of ['odd', 'gone']) {
      await makeOddNames(join(rootfs, folder));
      await makeDeepPath(join(rootfs, folder));
    }
    await tree.remove('gone');
    if (options.breaks) throw new Error('broken on purpose');
  },
});

const oddLun = defineStage({
  name: 'odd-lun',
  summary: 'Write a LUN of the root.',
  kind: 'output',
  section: 'lun',
  requires: [ROOT],
  provides: [LUN_IMAGE],
  options: z.strictObject({}),
  tools: [],
  facts: ['name'],
  async run(ctx) {
    const { run, recipe, epoch, rootfs, output } = ctx;
    const layout = planLayout(normaliseDisk(recipe.name, diskSchema.parse(DISK)));
    const image = join(output, 'disk.img');
    await createSparse(image, layout.bytes);
    await writePartitionTable(run, image, layout);
    for (const { name: label, offset, bytes, filesystemUuid: uuid = '' } of layout.partitions) {
      const reservedPercent = 0;
      const geometry = ext4Geometry(bytes, await measureTree(run, rootfs), { reservedPercent });
      await writeExt4(run, { image, offset, geometry, label, uuid, reservedPercent, tree: rootfs, epoch });
    }
    ctx.artifact('disk.img', 'lun-image');
    ctx.record('disk', describeDisk(layout));
  },
});

const OWN = [oddRoot, oddLun];

export const registry: Registry = {
  ...standard,
  module: 'test/inside/odd-lun.js',
  stages: new Map(OWN.map((stage) => [stage.name, stage])),
  stageModule: () => new URL(import.meta.url),
};
