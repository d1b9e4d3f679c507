/** Which program makes the initramfs of a root: packages that do not let each other be installed. */
import type { RootTree } from '../../rootfs/tree.js';
import type { InitramfsGenerator } from '../topics.js';
import { installedPackages } from './dpkg.js';

/** The first is the one to suggest, and that of a root which has none yet. */
export const GENERATOR_NAMES = ['initramfs-tools', 'dracut'] as const;
export type GeneratorName = (typeof GENERATOR_NAMES)[number];

export async function generatorOf(tree: RootTree): Promise<GeneratorName> {
  const names = (await installedPackages(tree)).map(({ name }) => name);
  return GENERATOR_NAMES.find((name) => names.includes(name)) ?? 'initramfs-tools';
}

/** What each of them answers for itself. */
export type DebianGenerator = Omit<
  InitramfsGenerator,
  'takesClientFiles' | 'mountsBtrfs' | 'kernels' | 'choose'
>;
