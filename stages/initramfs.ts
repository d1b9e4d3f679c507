/** The initramfs, generated once and last of all that goes into it. */
import { z } from 'zod';
import { hasOwnBoot } from '../artifacts/formats/disk-spec.js';
import { Failure } from '../base/failure.js';
import { defineStage, type StageContext } from '../pipeline/stage.js';
import { distributionOf } from './distribution/distribution.js';
import { addPackage, packageNames } from './distribution/roles.js';
import { type RootTree, rootTree } from './rootfs/tree.js';
import { INITRAMFS, INITRAMFS_CONTENT, ROOT } from './things.js';

const options = z.strictObject({
  compression: z
    .enum(['zstd', 'gzip', 'xz', 'lz4'])
    .default('zstd')
    .describe('How the initramfs is compressed; the program must be installed in the image.'),
  level: z.int().min(0).max(19).optional().describe('Compression level. Default: that of the generator.'),
  modules: z
    .array(z.string().regex(/^[A-Za-z0-9_-]+( [^\n]*)?$/, 'a kernel module, with options if need be'))
    .default([])
    .describe('More kernel modules to put in and to load, besides all that disks and NICs need.'),
});
type Options = z.output<typeof options>;

export const initramfs = defineStage({
  name: 'initramfs',
  summary: 'Generate the initramfs once, and check that it can log in to an iSCSI target.',
  kind: 'rootfs',
  facts: ['disk'],
  requires: [INITRAMFS_CONTENT],
  changes: [ROOT],
  provides: [INITRAMFS],
  title: ({ compression }) => compression,
  options,
  tools: [],
  asks: ['software', 'initramfs'],
  unread: ({ rootfs, distribution }) => distributionOf({ distribution }).initramfs.unread(rootTree(rootfs)),
  async run(ctx) {
    const tree = rootTree(ctx.rootfs);
    const { initramfs: generator } = distributionOf(ctx);
    const kernels = await installedKernels(ctx, tree);
    await prepare(ctx, tree);
    for (const [index, version] of kernels.entries()) {
      // Of a single one there is nothing to tell before it is there.
      if (kernels.length > 1) ctx.progress('initramfs', index, kernels.length, 'files');
      await generate(ctx, tree, version);
    }
    const newest = kernels.at(-1);
    if (newest !== undefined) await generator.choose(ctx, tree, newest, hasOwnBoot(ctx.recipe.disk));
  },
});

async function installedKernels(ctx: StageContext<Options>, tree: RootTree): Promise<string[]> {
  const { initramfs: generator, software } = distributionOf(ctx);
  const versions = await generator.kernels(tree);
  if (versions.length > 0) return versions;
  const names = packageNames(software, 'kernel');
  throw new Failure('recipe', {
    what: 'No kernel is installed.',
    expected: 'a kernel in /boot and its modules in /usr/lib/modules',
    hint: `Add a kernel${names === undefined ? '' : `, such as ${names},`} to a \`packages\` step before this one.`,
  });
}

async function prepare(ctx: StageContext<Options>, tree: RootTree): Promise<void> {
  const { compression, level, modules } = ctx.options;
  const { software, initramfs: generator } = distributionOf(ctx);
  if (!(await software.has(tree, 'initramfs-generator'))) {
    const [name = 'of an initramfs generator'] = software.packagesFor('initramfs-generator');
    throw new Failure('recipe', {
      what: `The package ${name} is not installed.`,
      hint: `${addPackage(software, 'initramfs-generator')}.`,
    });
  }
  if (!(await hasProgram(tree, compression))) {
    throw new Failure('recipe', {
      what: `The initramfs shall be compressed by ${compression}, which is not installed.`,
      hint: `Add \`${software.packagesFor(compression)[0] ?? compression}\` to a \`packages\` step, or choose another \`compression\`.`,
    });
  }
  const root = ctx.recipe.disk.partitions.find(({ mount }) => mount === '/');
  const rootFilesystem = root?.filesystem ?? 'ext4';
  const checked = ctx.recipe.disk.overlay === undefined;
  if (checked && !(await tree.exists(`/usr/sbin/fsck.${rootFilesystem}`))) {
    const [check] = rootFilesystem === 'ext4' ? software.packagesFor('ext4-check') : [];
    ctx.warn(
      `The root is not checked before it is mounted: the image has no fsck.${rootFilesystem}.`,
      check === undefined ? undefined : `Add \`${check}\` to a \`packages\` step.`,
    );
  }
  await generator.configure(tree, {
    ...{ compression, level, rootFilesystem, modules },
    overlay: ctx.recipe.disk.overlay !== undefined,
  });
}

/** Also where /bin is a directory of its own. */
async function hasProgram(tree: RootTree, name: string): Promise<boolean> {
  return (await tree.exists(`/usr/bin/${name}`)) || tree.exists(`/bin/${name}`);
}

async function generate(ctx: StageContext<Options>, tree: RootTree, version: string): Promise<void> {
  const { initramfs: generator, software } = distributionOf(ctx);
  const image = await generator.generate(ctx, tree, version);
  const missing = await generator.missing(ctx, tree, version);
  if (missing.length === 0) return;
  const install = `Install \`${software.packagesFor('initiator')[0] ?? 'an initiator'}\` and use the step \`iscsi-initiator\` before this one.`;
  throw new Failure('integrity', {
    what: `The initramfs of Linux ${version} cannot mount a root on iSCSI.`,
    expected: missing.join(', '),
    found: `${image} without`,
    hint: (await generator.obstacle?.(tree)) ?? install,
  });
}
