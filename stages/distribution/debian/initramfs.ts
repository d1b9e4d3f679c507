/**
 * The initramfs of a root of Debian, by the generator that is installed there. Each is one module of initramfs/, named in GENERATORS; the kernels,
 * and the links by which a boot loader finds the pair, are the same for all.
 */
import type { RootTree } from '../../rootfs/tree.js';
import type { InitramfsGenerator } from '../topics.js';
import { type DebianGenerator, type GeneratorName, generatorOf } from './generator.js';
import { dracut } from './initramfs/dracut.js';
import { initramfsTools } from './initramfs/initramfs-tools.js';
import { link } from './initramfs/links.js';
import { compareReleases } from './kernel-order.js';

const GENERATORS: Readonly<Record<GeneratorName, DebianGenerator>> = {
  'initramfs-tools': initramfsTools,
  dracut,
};
const installed = async (tree: RootTree) => GENERATORS[await generatorOf(tree)];

export const initramfs: InitramfsGenerator = {
  takesClientFiles: true,
  mountsBtrfs: async (tree) => (await generatorOf(tree)) === 'initramfs-tools',
  // A recipe is checked before there is a root, and what another generator reads is not there.
  sources: Object.values(GENERATORS).flatMap(({ sources }) => sources),
  unread: async (tree) => (await installed(tree)).unread(tree),

  async kernels(tree) {
    const images = await tree.names('/boot');
    const versions = (await tree.names('/usr/lib/modules')).filter((version) =>
      images.includes(`vmlinuz-${version}`),
    );
    return versions.sort(compareReleases);
  },

  configure: async (tree, wishes) => (await installed(tree)).configure(tree, wishes),
  generate: async (ctx, tree, version) => (await installed(tree)).generate(ctx, tree, version),
  missing: async (ctx, tree, version) => (await installed(tree)).missing(ctx, tree, version),
  obstacle: async (tree) => (await installed(tree)).obstacle?.(tree),
  choose: link,
};
