/** The root of a client whose LUN is read-only: an overlay of it and a tmpfs, mounted by the initramfs before the system starts. */

import { kernelModule } from './needed-parts.js';

/** Below the /run that the initramfs hands on. `lower` stays mounted there, for whoever looks for what the image holds. */
const AT = '/run/lunsmith-root';

/** Kernel module that the initramfs has to bring or the kernel to hold, by the pattern of its path. */
export const OVERLAY_MODULE = kernelModule('overlay');

/**
 * Lines of sh that put the overlay in the place of the mounted root; they fail where one of them does. Files of an upper directory
 * cannot be run or belong to root from the /run of initramfs-tools(7), so that it is a file system of its own. tmpfs(5): half of the
 * memory at most.
 * @param root where the root is mounted, as sh writes it
 */
export function mountOverlay(root: string): string {
  const { lower, upper, work } = { lower: `${AT}/lower`, upper: `${AT}/upper`, work: `${AT}/work` };
  return `  modprobe -q overlay
  mkdir -m 0755 ${AT} &&
    mount -t tmpfs -o mode=0755,size=50% tmpfs ${AT} &&
    mkdir ${lower} ${upper} ${work} &&
    mount -o move ${root} ${lower} &&
    mount -t overlay -o lowerdir=${lower},upperdir=${upper},workdir=${work} overlay ${root}`;
}
