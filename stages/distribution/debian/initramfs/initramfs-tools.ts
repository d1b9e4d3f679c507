/** initramfs-tools(7). */
import { chmod, stat } from 'node:fs/promises';
import type { RootTree } from '../../../rootfs/tree.js';
import type { DebianGenerator } from '../generator.js';
import { checkOnePath, VLAN_HOOK } from '../vlan.js';
import { CLIENT_FILE } from './client.js';
import { OVERLAY_FILES, OVERLAY_HOOK } from './overlay.js';
import { imageOf, PATH } from './places.js';
import { SHORTCUTS, SHORTCUTS_PATH } from './shortcuts.js';
import { INITRAMFS_SOURCES, KNOWN_HOOKS, UNREAD } from './sources.js';
import { addModules, initramfsConf, missingParts } from './texts.js';

export const initramfsTools: DebianGenerator = {
  sources: INITRAMFS_SOURCES,

  unread: async (tree) => {
    const folders = ['/etc/initramfs-tools', '/usr/share/initramfs-tools'];
    const hooks = folders.flatMap((folder) => [`${folder}/hooks`, `${folder}/conf-hooks.d`]);
    const names = (await Promise.all(hooks.map((folder) => tree.names(folder)))).flat();
    return names.every((name) => KNOWN_HOOKS.includes(name)) ? UNREAD : [];
  },

  async configure(tree, { modules, overlay, ...wishes }) {
    await checkOnePath(tree);
    await tree.write('/etc/initramfs-tools/conf.d/lunsmith', initramfsConf(wishes));
    const path = '/etc/initramfs-tools/modules';
    if (modules.length > 0) await tree.write(path, addModules((await tree.read(path)) ?? '', modules));
    for (const [file, text] of [CLIENT_FILE, ...(overlay ? OVERLAY_FILES : [])])
      await tree.write(file, text, { mode: 0o755 });
    // Of an imported root that had one.
    if (!overlay) for (const [file] of OVERLAY_FILES) await tree.remove(file);
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
    const vlan = await tree.exists(VLAN_HOOK);
    return missingParts(stdout.split('\n'), { builtin, settings, overlay, vlan });
  },
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
