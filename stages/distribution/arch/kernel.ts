/**
 * Arch's kernels: a package `linux` or `linux-lts` brings usr/lib/modules/VERSION with `vmlinuz` and its name, `pkgbase`; in
 * /boot they are `vmlinuz-PKGBASE` and `initramfs-PKGBASE.img`, whatever their versions. Which of them a boot loader takes is said by two
 * links, since a client may have several.
 */
import { Failure } from '../../../base/failure.js';
import type { RootTree } from '../../rootfs/tree.js';
import type { BootPair, KernelFiles } from '../topics.js';

export const BOOT: BootPair = { kernel: '/boot/vmlinuz', initramfs: '/boot/initramfs.img' };

export const kernel: KernelFiles = {
  boot: BOOT,
  expected: 'a link to the kernel that clients boot, which the step `initramfs` makes',
  async find(tree) {
    return {
      kernel: await find(tree, BOOT.kernel, 'vmlinuz-', 'Install a kernel: `linux`.'),
      initramfs: await find(
        tree,
        BOOT.initramfs,
        'initramfs-',
        'Make it: `uses: initramfs`, after the last step that changes the root.',
      ),
    };
  },
};

/** What the link leads to, else the only one of /boot. */
async function find(tree: RootTree, path: string, prefix: string, hint: string): Promise<string> {
  const names = (await tree.names('/boot')).filter((name) => name.startsWith(prefix));
  const found =
    (await tree.resolve(path)) ?? (names.length === 1 ? await tree.resolve(`/boot/${names[0]}`) : undefined);
  if (found !== undefined) return found;
  throw new Failure('recipe', {
    what: `The root tree cannot be booted: there is no ${path} in it.`,
    expected: `${path}, or one file /boot/${prefix}NAME`,
    ...(names.length === 0 ? {} : { found: names.join(', ') }),
    hint,
  });
}
