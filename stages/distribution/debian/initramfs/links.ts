/** The links by which a boot loader finds the kernel and its initramfs, whoever made that. */
import { Failure } from '../../../../base/failure.js';
import type { RootTree } from '../../../rootfs/tree.js';
import type { TopicContext } from '../../topics.js';
import { kernel } from '../kernel.js';
import { isUbuntu } from '../ubuntu.js';
import { imageOf, PATH } from './places.js';
import { linksIn } from './texts.js';

const KERNEL_IMG_CONF = '/etc/kernel-img.conf';

/** In the root, or in a /boot of its own, where upgrades go on to make them. */
export async function link(
  ctx: TopicContext,
  tree: RootTree,
  version: string,
  ownBoot: boolean,
): Promise<void> {
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
