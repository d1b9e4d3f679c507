/** The initramfs, generated once and last of all that goes into it. */
import { z } from 'zod';
import { Failure } from '../base/failure.js';
import { defineStage, type StageContext } from '../pipeline/stage.js';
import { hasPackage } from './distribution/debian/dpkg.js';
import { SHORTCUTS, SHORTCUTS_PATH } from './initramfs/shortcuts.js';
import { addModules, initramfsConf, missingParts } from './initramfs/texts.js';
import { type RootTree, rootTree } from './rootfs/tree.js';
import { INITRAMFS, INITRAMFS_CONTENT, ROOT } from './things.js';

const options = z.strictObject({
  compression: z
    .enum(['zstd', 'gzip', 'xz', 'lz4'])
    .default('zstd')
    .describe('How the initramfs is compressed; the program must be installed in the image.'),
  level: z
    .int()
    .min(0)
    .max(19)
    .optional()
    .describe('Compression level. Default: what initramfs-tools takes.'),
  modules: z
    .array(z.string().regex(/^[A-Za-z0-9_-]+( [^\n]*)?$/, 'a kernel module, with options if need be'))
    .default([])
    .describe('More kernel modules to put in and to load, besides all that disks and NICs need.'),
});
type Options = z.output<typeof options>;

/** Without the folder of the no-op update-initramfs. */
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

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
  async run(ctx) {
    const tree = rootTree(ctx.rootfs);
    const kernels = await kernelVersions(tree);
    await prepare(ctx, tree);
    for (const [index, version] of kernels.entries()) {
      ctx.progress('initramfs', index, kernels.length, 'files');
      await generate(ctx, tree, version);
      ctx.progress('initramfs', index + 1, kernels.length, 'files');
    }
    const newest = kernels.at(-1);
    if (newest !== undefined) await link(ctx, tree, newest);
  },
});

/** Versions whose image and modules are installed, oldest first. */
async function kernelVersions(tree: RootTree): Promise<string[]> {
  const images = await tree.names('/boot');
  const versions = (await tree.names('/usr/lib/modules')).filter((version) =>
    images.includes(`vmlinuz-${version}`),
  );
  if (versions.length > 0) return versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  throw new Failure('recipe', {
    what: 'No kernel is installed.',
    expected: 'a kernel in /boot and its modules in /usr/lib/modules',
    hint: 'Add a kernel, such as `linux-image-amd64`, to a `packages` step before this one.',
  });
}

async function prepare(ctx: StageContext<Options>, tree: RootTree): Promise<void> {
  const { compression, level, modules } = ctx.options;
  if (!(await hasPackage(tree, 'initramfs-tools'))) {
    throw new Failure('recipe', {
      what: 'The package initramfs-tools is not installed.',
      hint: 'Add `initramfs-tools` to a `packages` step before this one.',
    });
  }
  if (!(await tree.exists(`/usr/bin/${compression}`))) {
    throw new Failure('recipe', {
      what: `The initramfs shall be compressed by ${compression}, which is not installed.`,
      hint: `Add \`${compression === 'xz' ? 'xz-utils' : compression}\` to a \`packages\` step, or choose another \`compression\`.`,
    });
  }
  const root = ctx.recipe.disk.partitions.find(({ mount }) => mount === '/');
  const rootFilesystem = root?.filesystem ?? 'ext4';
  if (!(await tree.exists(`/usr/sbin/fsck.${rootFilesystem}`))) {
    ctx.warn(
      `The root is not checked before it is mounted: the image has no fsck.${rootFilesystem}.`,
      rootFilesystem === 'ext4' ? 'Add `e2fsprogs` to a `packages` step.' : undefined,
    );
  }
  await tree.write(
    '/etc/initramfs-tools/conf.d/lunsmith',
    initramfsConf({ compression, level, rootFilesystem }),
  );
  const path = '/etc/initramfs-tools/modules';
  if (modules.length > 0) await tree.write(path, addModules((await tree.read(path)) ?? '', modules));
}

async function generate(ctx: StageContext<Options>, tree: RootTree, version: string): Promise<void> {
  const image = `/boot/initrd.img-${version}`;
  await tree.remove(image);
  await tree.write(SHORTCUTS_PATH, SHORTCUTS);
  try {
    await ctx.chroot(['/usr/sbin/update-initramfs', '-c', '-k', version], {
      doing: `generate the initramfs of Linux ${version}`,
      env: { PATH, SOURCE_DATE_EPOCH: String(ctx.epoch) },
    });
  } finally {
    await tree.remove(SHORTCUTS_PATH);
  }
  const { stdout } = await ctx.chroot(['lsinitramfs', image], {
    doing: 'list the initramfs',
    env: { PATH },
    quiet: true,
  });
  const builtin = (await tree.read(`/usr/lib/modules/${version}/modules.builtin`)) ?? '';
  const missing = missingParts(stdout.split('\n'), builtin);
  if (missing.length === 0) return;
  throw new Failure('integrity', {
    what: `The initramfs of Linux ${version} cannot mount a root on iSCSI.`,
    expected: missing.join(', '),
    found: `${image} without`,
    hint: 'Install `open-iscsi` and use the step `iscsi-initiator` before this one.',
  });
}

/** /vmlinuz and /initrd.img, by which the boot loader finds the kernel. */
async function link(ctx: StageContext<Options>, tree: RootTree, version: string): Promise<void> {
  await ctx.chroot(['linux-update-symlinks', 'install', version, `/boot/vmlinuz-${version}`], {
    doing: 'point /vmlinuz and /initrd.img at the kernel',
    env: { PATH },
    quiet: true,
  });
  for (const [name, target] of [
    ['/vmlinuz', `/boot/vmlinuz-${version}`],
    ['/initrd.img', `/boot/initrd.img-${version}`],
  ] as const) {
    if ((await tree.resolve(name)) !== (await tree.resolve(target))) {
      throw new Failure('integrity', {
        what: `${name} does not lead to ${target}.`,
        hint: 'Look into /etc/kernel-img.conf of the root tree: `do_symlinks` must not be off, nor `link_in_boot` on.',
      });
    }
  }
}
