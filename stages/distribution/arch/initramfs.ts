/** mkinitcpio(8), with its hooks of busybox and ours for network and iSCSI. */
import { chmod, copyFile } from 'node:fs/promises';
import { Failure } from '../../../base/failure.js';
import type { RootTree } from '../../rootfs/tree.js';
import { moduleOptionsText } from '../module-options.js';
import type { InitramfsGenerator } from '../topics.js';
import { BOOT } from './kernel.js';
import { CLIENT_FILES } from './mkinitcpio/client-hook.js';
import { ISCSI_INSTALL, ISCSI_RUN } from './mkinitcpio/iscsi-hook.js';
import { NET_INSTALL, NET_RUN } from './mkinitcpio/net-hook.js';
import { OVERLAY_FILES, OVERLAY_HOOK } from './mkinitcpio/overlay-hook.js';
import { INITRAMFS_IDENTITY } from './mkinitcpio/places.js';
import { configurationText, missingParts, presetText, setsHooks } from './mkinitcpio/texts.js';

const DROP_INS = '/etc/mkinitcpio.conf.d';
const DROP_IN = 'lunsmith.conf';
const MODULE_OPTIONS = '/etc/modprobe.d/lunsmith.conf';

const HOOK_FILES: readonly (readonly [path: string, text: string])[] = [
  ['/etc/initcpio/install/net', NET_INSTALL],
  ['/etc/initcpio/hooks/net', NET_RUN],
  ['/etc/initcpio/install/iscsi', ISCSI_INSTALL],
  ['/etc/initcpio/hooks/iscsi', ISCSI_RUN],
  ...CLIENT_FILES,
];

const modulesOf = (version: string) => `/usr/lib/modules/${version}`;
const imageOf = (base: string) => `/boot/initramfs-${base}.img`;

export const initramfs: InitramfsGenerator = {
  takesClientFiles: true,
  sources: [
    '/boot',
    '/etc/fstab',
    '/etc/initcpio',
    '/etc/iscsi',
    '/etc/mkinitcpio.conf',
    '/etc/mkinitcpio.conf.d',
    '/etc/mkinitcpio.d',
    '/etc/modprobe.d',
    '/etc/udev',
    '/etc/vconsole.conf',
    '/usr/lib/firmware',
    '/usr/lib/initcpio',
    '/usr/lib/modprobe.d',
    '/usr/lib/modules',
    '/usr/lib/udev',
  ],

  // mkinitcpio.conf(5) may name any file, and so may hooks.
  unread: () => Promise.resolve([]),

  async kernels(tree) {
    const versions: string[] = [];
    for (const version of await tree.names('/usr/lib/modules')) {
      const whole = await Promise.all(
        ['vmlinuz', 'pkgbase'].map((name) => tree.exists(`${modulesOf(version)}/${name}`)),
      );
      if (whole.every(Boolean)) versions.push(version);
    }
    return versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  },

  async configure(tree, wishes) {
    if (!(await tree.exists('/usr/lib/initcpio/ipconfig'))) {
      throw new Failure('recipe', {
        what: 'The package mkinitcpio-nfs-utils is not installed, whose ipconfig configures the NIC in the initramfs.',
        hint: 'Add `mkinitcpio-nfs-utils` to a `packages` step before this one.',
      });
    }
    if (!(await tree.exists(INITRAMFS_IDENTITY))) {
      throw new Failure('recipe', {
        what: 'The initramfs would not know where its iSCSI target is told.',
        expected: INITRAMFS_IDENTITY,
        hint: 'Use the step `iscsi-initiator` before this one.',
      });
    }
    await tree.write(`${DROP_INS}/${DROP_IN}`, configurationText(wishes));
    const options = moduleOptionsText(wishes.modules);
    if (options !== undefined) await tree.write(MODULE_OPTIONS, options);
    for (const [path, text] of [...HOOK_FILES, ...(wishes.overlay ? OVERLAY_FILES : [])])
      await tree.write(path, text);
    if (!wishes.overlay) for (const [path] of OVERLAY_FILES) await tree.remove(path);
  },

  async generate(ctx, tree, version) {
    const base = await packageOf(tree, version);
    await copyKernel(tree, version, base);
    await tree.write(`/etc/mkinitcpio.d/${base}.preset`, presetText(base));
    const image = imageOf(base);
    await tree.remove(image);
    await ctx.chroot(['mkinitcpio', '-k', version, '-g', image], {
      doing: `generate the initramfs of Linux ${version}`,
      env: { SOURCE_DATE_EPOCH: String(ctx.epoch) },
    });
    return image;
  },

  async missing(ctx, tree, version) {
    const { stdout } = await ctx.chroot(['lsinitcpio', imageOf(await packageOf(tree, version))], {
      doing: 'list the initramfs',
      quiet: true,
    });
    const builtin = (await tree.read(`${modulesOf(version)}/modules.builtin`)) ?? '';
    const overlay = await tree.exists(OVERLAY_HOOK);
    return missingParts(stdout.split('\n'), { builtin, overlay });
  },

  async obstacle(tree) {
    // mkinitcpio(8) reads them in the order of their names; the last one that sets HOOKS wins.
    const names = (await tree.names(DROP_INS)).filter((name) => name.endsWith('.conf')).sort();
    const later = names.slice(names.indexOf(DROP_IN) + 1);
    for (const name of later.reverse()) {
      if (!setsHooks((await tree.read(`${DROP_INS}/${name}`)) ?? '')) continue;
      return `${DROP_INS}/${name} sets HOOKS anew: let it name \`net iscsi\` after \`block\`, \`client\` at its end and no \`systemd\`, or add hooks with \`HOOKS+=(NAME)\`.`;
    }
    return undefined;
  },

  async choose(_ctx, tree, version) {
    const base = await packageOf(tree, version);
    await tree.link(BOOT.kernel, `vmlinuz-${base}`);
    await tree.link(BOOT.initramfs, `initramfs-${base}.img`);
  },
};

/** The name of the package that brings a kernel: `linux`, `linux-lts`. */
async function packageOf(tree: RootTree, version: string): Promise<string> {
  const base = (await tree.read(`${modulesOf(version)}/pkgbase`))?.trim() ?? '';
  if (/^[a-z0-9@._+-]+$/.test(base)) return base;
  throw new Failure('integrity', {
    what: `${modulesOf(version)}/pkgbase does not name the package of the kernel.`,
    expected: 'such as linux or linux-lts',
    found: JSON.stringify(base),
  });
}

/** What mkinitcpio's hook of pacman does, which had to wait. */
async function copyKernel(tree: RootTree, version: string, base: string): Promise<void> {
  const from = await tree.locate(`${modulesOf(version)}/vmlinuz`);
  await tree.directory('/boot');
  const to = await tree.locate(`/boot/vmlinuz-${base}`);
  await copyFile(from, to);
  await chmod(to, 0o644);
}
