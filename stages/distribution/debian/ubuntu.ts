/** Where a root of Ubuntu differs from one of Debian. */
import type { RootTree } from '../../rootfs/tree.js';

export const UBUNTU = {
  kernel: 'linux-image-generic',
  /** The busybox of its initramfs, which initramfs-tools needs there. */
  busybox: 'busybox-initramfs',
} as const;

/** Whether a tree says so of itself, see os-release(5). */
export async function isUbuntu(tree: Pick<RootTree, 'read'>): Promise<boolean> {
  const text = (await tree.read('/etc/os-release')) ?? (await tree.read('/usr/lib/os-release')) ?? '';
  return /^ID=(["']?)ubuntu\1$/m.test(text);
}
