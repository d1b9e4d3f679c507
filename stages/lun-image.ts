/** Turns the root tree into the disk that a client boots from: partition table, file systems, boot loader. */
import { z } from 'zod';
import { allSettled } from '../base/settled.js';
import { defineStage } from '../pipeline/stage.js';
import { loaderFindings, rootFindings } from './lun-image/check.js';
import { describeDisk } from './lun-image/describe.js';
import { fileSystemFindings, fileSystemTools } from './lun-image/file-system-tools.js';
import { writeImage } from './lun-image/image.js';
import { loaderTools } from './lun-image/loader-tools.js';
import { linkBootLoader } from './lun-image/loaders.js';
import { LUN_IMAGE, ROOT, SEALED_ROOT } from './things.js';

const options = z.strictObject({
  'reserved-percent': z
    .number()
    .min(0)
    .max(50)
    .default(1)
    .describe('Part of each ext4 file system, in percent, that only root may fill.'),
  free: z
    .string()
    .regex(/^[0-9]+[MG]$/, 'a size such as `256M` or `2G`')
    .default('256M')
    .describe('What stays free in a partition of size `grow` when the disk has no size.'),
  'menu-seconds': z.int().min(0).max(600).default(1).describe('Seconds for which the boot menu waits.'),
});

/** The image, whatever its boot loader is told: made once for a tree, copied for each kernel command line. */
const FILE_SYSTEMS = 'file-systems';

export const lunImage = defineStage({
  name: 'lun-image',
  summary: 'Write the LUN image: partition table, file systems and boot loader.',
  kind: 'output',
  section: 'disk',
  requires: [ROOT, SEALED_ROOT],
  provides: [LUN_IMAGE],
  options,
  tools: [
    { name: 'sfdisk', package: 'fdisk' },
    { name: 'mke2fs', package: 'e2fsprogs', min: '1.47.0' },
    { name: 'mkfs.vfat', package: 'dosfstools' },
    { name: 'mcopy', package: 'mtools' },
    { name: 'mmd', package: 'mtools' },
  ],
  toolsFor: (_, recipe) => [...loaderTools(recipe), ...fileSystemTools(recipe)],
  // The name is that of the boot menu's entry when the tree has none for its system.
  facts: ['name', 'platform', 'disk', 'loader', 'kernel'],
  asks: ['kernel', 'software'],
  parts: { [FILE_SYSTEMS]: { facts: ['disk', 'loader'], options: ['reserved-percent', 'free'] } },
  check: ({ recipe }) => [...rootFindings(recipe), ...fileSystemFindings(recipe), ...loaderFindings(recipe)],
  async run(ctx) {
    const { run, recipe, distribution, rootfs, scratch } = ctx;
    const menuSeconds = ctx.options['menu-seconds'];
    const linking = linkBootLoader({ run, recipe, distribution, rootfs, scratch, menuSeconds });
    const [layout] = await allSettled([writeImage(ctx, FILE_SYSTEMS, linking), linking]);
    ctx.record('disk', describeDisk(layout, recipe.loader));
  },
});
