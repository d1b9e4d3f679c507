/** The initramfs, generated once and last of all that goes into it. */
import { z } from 'zod';
import { hasOwnBoot } from '../artifacts/formats/disk-spec.js';
import type { Manifest } from '../artifacts/release/manifest.js';
import { Failure } from '../base/failure.js';
import { defineStage, type RecipeFacts, type StageContext } from '../pipeline/stage.js';
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
  kernel: z
    .string()
    .regex(
      /^[A-Za-z0-9._+~*-]+$/,
      'the release of a kernel, with `*` for any part, such as `6.1.*` or `*-cloud-amd64`',
    )
    .optional()
    .describe(
      'Which of several kernels is booted: its release, as `uname -r` says it, with `*` for any part; the newest of those that fit. ' +
        'Default: the newest that is installed.',
    ),
  'other-kernels': z
    .enum(['ready', 'bare'])
    .default('ready')
    .describe(
      'The kernels that are not booted have an initramfs too, so that a client may be switched to them (`ready`), or none, which ' +
        'takes less time and space (`bare`). Their packages stay in either case.',
    ),
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
  check: ({ recipe, distribution }) =>
    distribution === undefined ||
    rootFilesystemOf(recipe) !== 'btrfs' ||
    distributionOf({ distribution }).initramfs.mountsBtrfs !== undefined
      ? []
      : [{ path: [], ...NO_BTRFS }],
  unread: ({ rootfs, distribution }) => distributionOf({ distribution }).initramfs.unread(rootTree(rootfs)),
  async run(ctx) {
    const tree = rootTree(ctx.rootfs);
    const { initramfs: generator } = distributionOf(ctx);
    const installed = await installedKernels(ctx, tree);
    const chosen = chooseKernel(installed, ctx.options.kernel);
    const kernels = ctx.options['other-kernels'] === 'bare' ? [chosen] : installed;
    await prepare(ctx, tree);
    for (const [index, version] of kernels.entries()) {
      // Of a single one there is nothing to tell before it is there.
      if (kernels.length > 1) ctx.progress('initramfs', index, kernels.length, 'files');
      await generate(ctx, tree, version);
    }
    if (generator.takesClientFiles === true)
      ctx.record('clientFiles', true satisfies Manifest['clientFiles']);
    await generator.choose(ctx, tree, chosen, hasOwnBoot(ctx.recipe.disk));
    tellOthers(ctx, chosen, installed);
  },
});

/**
 * The kernel to boot.
 * @param installed releases, oldest first, at least one @param wanted as the option has it
 * @throws Failure of kind `recipe` when none fits
 */
export function chooseKernel(installed: readonly string[], wanted = '*'): string {
  const pattern = new RegExp(`^${wanted.split('*').map(literally).join('.*')}$`);
  const chosen = installed.filter((version) => pattern.test(version)).at(-1);
  if (chosen !== undefined) return chosen;
  throw new Failure('recipe', {
    what: `No kernel that is installed fits \`kernel: ${wanted}\`.`,
    expected: `one of ${installed.join(', ')}`,
    hint: 'Name one of them, or install the other one in a `packages` step before this one.',
  });
}

function literally(text: string): string {
  return text.replaceAll(/[.+~-]/g, '\\$&');
}

/** A kernel beside the one that is booted takes space, and is seldom meant. */
function tellOthers(ctx: StageContext<Options>, chosen: string, installed: readonly string[]): void {
  const others = installed.filter((version) => version !== chosen);
  if (others.length === 0 || ctx.options.kernel !== undefined) return;
  ctx.warn(
    `The kernel ${chosen} is booted; ${others.join(', ')} ${others.length === 1 ? 'is' : 'are'} installed beside it.`,
    'Name the one to boot in `kernel`, or remove the other packages.',
  );
}

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
  const rootFilesystem = rootFilesystemOf(ctx.recipe);
  if (rootFilesystem === 'btrfs' && (await generator.mountsBtrfs?.(tree)) !== true)
    throw new Failure('recipe', NO_BTRFS);
  const checked = ctx.recipe.disk.overlay === undefined;
  // Btrfs is looked through by its kernel as it is read: fsck.btrfs(8) does nothing.
  if (checked && rootFilesystem !== 'btrfs' && !(await tree.exists(`/usr/sbin/fsck.${rootFilesystem}`))) {
    const [check] = rootFilesystem === 'ext4' ? software.packagesFor('ext4-check') : [];
    ctx.warn(
      `The root is not checked before it is mounted: the image has no fsck.${rootFilesystem}.`,
      check === undefined ? undefined : `Add \`${check}\` to a \`packages\` step.`,
    );
  }
  await generator.configure(tree, {
    ...{ compression, level, rootFilesystem },
    modules: rootFilesystem === 'btrfs' ? [...modules, 'btrfs'] : modules,
    overlay: ctx.recipe.disk.overlay !== undefined,
  });
}

const NO_BTRFS = {
  what: 'The initramfs of this system was not seen to mount a root on Btrfs.',
  expected: '`filesystem: ext4` for the root, or a Debian with initramfs-tools',
  hint: 'Set `filesystem: ext4` at the partition with `mount: /` of `disk.partitions`.',
};

function rootFilesystemOf({ disk }: Pick<RecipeFacts, 'disk'>) {
  return disk.partitions.find(({ mount }) => mount === '/')?.filesystem ?? 'ext4';
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
