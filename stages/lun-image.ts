/** Turns the root tree into the disk that a client boots from: partition table, file systems, boot loader. */
import { join } from 'node:path';
import { z } from 'zod';
import { MIB, planLayout } from '../artifacts/formats/disk-layout.js';
import { copySparse } from '../artifacts/formats/sparse-copy.js';
import { allSettled } from '../artifacts/settled.js';
import { defineStage } from '../pipeline/stage.js';
import { layoutFindings, loaderFindings } from './lun-image/check.js';
import { findContents, growBytes, requireRoom, withLoaders } from './lun-image/content.js';
import { describeDisk } from './lun-image/describe.js';
import { writeFileSystems } from './lun-image/file-systems.js';
import { linkBootLoaders, writeBootLoaders } from './lun-image/loaders.js';

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

/** The image without what the kernel command line is written into: made once for a tree, copied for each release. */
const FILE_SYSTEMS = 'file-systems';
const IMAGE = 'disk.img';

export const lunImage = defineStage({
  name: 'lun-image',
  summary: 'Write the LUN image: partition table, file systems and the boot loader GRUB for BIOS and UEFI.',
  kind: 'output',
  options,
  tools: [
    { name: 'sfdisk', package: 'fdisk' },
    { name: 'mke2fs', package: 'e2fsprogs', min: '1.47.0' },
    { name: 'mkfs.vfat', package: 'dosfstools' },
    { name: 'mcopy', package: 'mtools' },
    { name: 'mmd', package: 'mtools' },
    { name: 'grub-mkimage', package: 'grub-common' },
  ],
  // The name is that of the boot menu's entry when the tree has none for its system.
  facts: ['name', 'disk', 'kernel'],
  parts: { [FILE_SYSTEMS]: { facts: ['disk'], options: ['reserved-percent', 'free'] } },
  check: ({ recipe }) => [...layoutFindings(recipe), ...loaderFindings(recipe)],
  async run(ctx) {
    const { run, rootfs, scratch, epoch } = ctx;
    const { disk } = ctx.recipe;
    const reservedPercent = ctx.options['reserved-percent'];
    const menuSeconds = ctx.options['menu-seconds'];
    const [loaders, contents] = await allSettled([
      linkBootLoaders({ run, recipe: ctx.recipe, rootfs, scratch, menuSeconds }),
      findContents(disk, { run, rootfs, scratch }),
    ]);
    const free = sizeOf(ctx.options.free);
    const layout = planLayout(disk, growBytes(disk, contents, { reservedPercent, free }));
    const whole = await withLoaders(contents, disk, loaders.espFiles);
    requireRoom(layout, whole, reservedPercent);

    const kept = await ctx.part(FILE_SYSTEMS, (folder) =>
      writeFileSystems(ctx, { image: join(folder, IMAGE), layout, contents, reservedPercent }),
    );
    const image = join(ctx.output, IMAGE);
    await copySparse(run, join(kept, IMAGE), image);
    const { biosCore } = loaders;
    await writeBootLoaders({ run, image, layout, contents: whole, biosCore, scratch, epoch });
    ctx.record('disk', describeDisk(layout));
  },
});

function sizeOf(text: string): number {
  return Number.parseInt(text, 10) * (text.endsWith('G') ? 1024 * MIB : MIB);
}
