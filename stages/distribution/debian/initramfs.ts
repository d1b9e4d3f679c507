/** initramfs-tools(7). */
import { chmod, stat } from 'node:fs/promises';
import { Failure } from '../../../base/failure.js';
import type { RootTree } from '../../rootfs/tree.js';
import type { InitramfsGenerator, TopicContext } from '../topics.js';
import { CLIENT_FILE } from './initramfs/client.js';
import { OVERLAY_FILES, OVERLAY_HOOK } from './initramfs/overlay.js';
import { SHORTCUTS, SHORTCUTS_PATH } from './initramfs/shortcuts.js';
import { INITRAMFS_SOURCES, KNOWN_HOOKS, UNREAD } from './initramfs/sources.js';
import { addModules, initramfsConf, linksIn, missingParts } from './initramfs/texts.js';
import { kernel } from './kernel.js';
import { compareReleases } from './kernel-order.js';
import { isUbuntu } from './ubuntu.js';

/** Without the folder of the no-op update-initramfs. */
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
const imageOf = (version: string) => `/boot/initrd.img-${version}`;

export const initramfs: InitramfsGenerator = {
  takesClientFiles: true,
  sources: INITRAMFS_SOURCES,

  unread: async (tree) => {
    const folders = ['/etc/initramfs-tools', '/usr/share/initramfs-tools'];
    const hooks = folders.flatMap((folder) => [`${folder}/hooks`, `${folder}/conf-hooks.d`]);
    const names = (await Promise.all(hooks.map((folder) => tree.names(folder)))).flat();
    return names.every((name) => KNOWN_HOOKS.includes(name)) ? UNREAD : [];
  },

  async kernels(tree) {
    const images = await tree.names('/boot');
    const versions = (await tree.names('/usr/lib/modules')).filter((version) =>
      images.includes(`vmlinuz-${version}`),
    );
    return versions.sort(compareReleases);
  },

  async configure(tree, { modules, overlay, ...wishes }) {
    await tree.write('/etc/initramfs-tools/conf.d/lunsmith', initramfsConf(wishes));
    const path = '/etc/initramfs-tools/modules';
    if (modules.length > 0) await tree.write(path, addModules((await tree.read(path)) ?? '', modules));
    for (const [file, text] of [CLIENT_FILE, ...(overlay ? OVERLAY_FILES : [])])
      await tree.write(file, text, { mode: 0o755 });
  },

  async generate(ctx, tree, version) {
    const image = imageOf(version);
    await tree.remove(image);
    await tree.write(SHORTCUTS_PATH, SHORTCUTS);
    const hooks = await switchOff(tree);
    try {
      await ctx.chroot(['/usr/sbin/update-initramfs', '-c', '-k', version], {
        doing: `generate the initramfs of Linux ${version}`,
        env: { PATH, SOURCE_DATE_EPOCH: String(ctx.epoch) },
      });
    } finally {
      await tree.remove(SHORTCUTS_PATH);
      for (const { path, mode } of hooks) await chmod(path, mode);
    }
    return image;
  },

  async missing(ctx, tree, version) {
    const { stdout } = await ctx.chroot(['lsinitramfs', imageOf(version)], {
      doing: 'list the initramfs',
      env: { PATH },
      quiet: true,
    });
    const builtin = (await tree.read(`/usr/lib/modules/${version}/modules.builtin`)) ?? '';
    const settings = (await tree.read('/etc/iscsi/iscsi.initramfs')) ?? '';
    const overlay = await tree.exists(OVERLAY_HOOK);
    return missingParts(stdout.split('\n'), { builtin, settings, overlay });
  },

  choose: link,
};

/** What update-initramfs(8) has run-parts(8) run afterwards. */
const HOOKS = '/etc/initramfs/post-update.d';

/** Such hooks are for the boot loader of a running machine. What is not executable is not run. @returns what they were */
async function switchOff(tree: RootTree): Promise<{ readonly path: string; readonly mode: number }[]> {
  const found = [];
  for (const name of await tree.names(HOOKS)) {
    const path = await tree.resolve(`${HOOKS}/${name}`);
    const mode = path === undefined ? 0 : (await stat(path)).mode & 0o7777;
    if (path === undefined || (mode & 0o111) === 0) continue;
    found.push({ path, mode });
    await chmod(path, mode & ~0o111);
  }
  return found;
}

const KERNEL_IMG_CONF = '/etc/kernel-img.conf';

/** The links by which the boot loader finds the kernel: in the root, or in a /boot of its own, where upgrades go on to make them. */
async function link(ctx: TopicContext, tree: RootTree, version: string, ownBoot: boolean): Promise<void> {
  // Ubuntu has them in /boot where nothing is said.
  if (ownBoot || (await isUbuntu(tree)))
    await tree.write(
      KERNEL_IMG_CONF,
      linksIn(ownBoot ? '/boot' : '/', (await tree.read(KERNEL_IMG_CONF)) ?? ''),
    );
  if (ownBoot) {
    // Those that the kernel's package made when it was installed.
    const { boot, previous } = kernel;
    for (const path of [boot.kernel, boot.initramfs, previous.kernel, previous.initramfs])
      await tree.remove(path);
  }
  const links = ownBoot ? kernel.ownBoot.boot : kernel.boot;
  await ctx.chroot(['linux-update-symlinks', 'install', version, `/boot/vmlinuz-${version}`], {
    doing: `point ${links.kernel} and ${links.initramfs} at the kernel`,
    env: { PATH },
    quiet: true,
  });
  for (const [name, target] of [
    [links.kernel, `/boot/vmlinuz-${version}`],
    [links.initramfs, imageOf(version)],
  ] as const) {
    if ((await tree.resolve(name)) !== (await tree.resolve(target))) {
      throw new Failure('integrity', {
        what: `${name} does not lead to ${target}.`,
        hint: 'Look into /etc/kernel-img.conf of the root tree: `do_symlinks` must not be off, nor `link_in_boot` on without a partition for /boot.',
      });
    }
  }
}
