/** A stage that only tests know: a LUN of files, with no system in it. */
import { join } from 'node:path';
import { z } from 'zod';
import { type Registry, registry as standard } from '../../app/registry.js';
import { planLayout } from '../../artifacts/formats/disk-layout.js';
import { makeFat } from '../../artifacts/formats/fat.js';
import { writePartitionTable } from '../../artifacts/formats/partition-table.js';
import { copyInto, createSparse } from '../../artifacts/formats/sparse.js';
import { normaliseDisk } from '../../pipeline/recipe/disk.js';
import { diskSchema } from '../../pipeline/recipe/schema.js';
import { defineStage } from '../../pipeline/stage.js';
import { describeDisk } from '../../stages/lun-image/describe.js';
import { LUN_IMAGE } from '../../stages/things.js';

const DISK = { size: '40M', partitions: [{ name: 'data', type: 'fat', size: 'rest' }] };

const dataLun = defineStage({
  name: 'data-lun',
  summary: 'Write a LUN with one FAT partition of files.',
  kind: 'output',
  section: 'data',
  provides: [LUN_IMAGE],
  options: z.strictObject({ files: z.array(z.string()).describe('Files of the recipe.') }),
  tools: [
    { name: 'sfdisk', package: 'fdisk' },
    { name: 'mkfs.vfat', package: 'dosfstools' },
    { name: 'mcopy', package: 'mtools' },
  ],
  facts: ['name'],
  inputs: ({ files }) => files,
  async run(ctx) {
    const { run, recipe, epoch, scratch, output } = ctx;
    const layout = planLayout(normaliseDisk(recipe.name, diskSchema.parse(DISK)));
    const image = join(output, 'disk.img');
    await createSparse(image, layout.bytes);
    await writePartitionTable(run, image, layout);
    for (const { name: label, offset, bytes, filesystemUuid = '' } of layout.partitions) {
      const file = join(scratch, `${label}.fat`);
      const files = ctx.options.files.map((path) => ({ path, source: join(recipe.folder, path) }));
      await makeFat(run, { offset, bytes, file, label, volumeId: filesystemUuid, epoch, files });
      await copyInto(file, image, offset);
    }
    ctx.artifact('disk.img', 'lun-image');
    ctx.record('disk', describeDisk(layout));
  },
});

export const registry: Registry = {
  ...standard,
  module: 'test/inside/data-lun.js',
  stages: new Map([...standard.stages, [dataLun.name, dataLun]]),
  stageModule: (stage) => (stage === dataLun.name ? new URL(import.meta.url) : standard.stageModule(stage)),
};
