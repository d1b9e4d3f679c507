/** Debian's kernels: /boot/vmlinuz-VERSION, the links /vmlinuz and /initrd.img to those in use, and `.old` ones beside them. */
import { Failure } from '../../../base/failure.js';
import type { RootTree } from '../../rootfs/tree.js';
import type { BootPair, KernelFiles } from '../topics.js';
import { compareReleases } from './kernel-order.js';

/** @param folder of the links, with its slash */
const linksIn = (folder: string) => ({
  boot: { kernel: `${folder}vmlinuz`, initramfs: `${folder}initrd.img` },
  previous: { kernel: `${folder}vmlinuz.old`, initramfs: `${folder}initrd.img.old` },
});

export const kernel: KernelFiles & Required<Pick<KernelFiles, 'previous' | 'ownBoot'>> = {
  ...linksIn('/'),
  // By `link_in_boot` of kernel-img.conf(5), which `initramfs` sets.
  ownBoot: linksIn('/boot/'),
  expected: "as Debian's kernel packages link it",
  find: findBootFiles,
  raspberryPi: {
    firmware: { package: 'raspi-firmware', folder: '/usr/lib/raspi-firmware' },
    deviceTrees: (version) => ['/broadcom', ''].map((below) => `/usr/lib/linux-image-${version}${below}`),
    // Debian's kernels are Linux's own, and so are the names of their device trees. The Raspberry Pi's kernels name some after its chips.
    settings: (names) => ({
      upstream_kernel: names.some((name) => name.startsWith('bcm2710-')) ? '0' : '1',
    }),
    heldPackages: (version) => [
      `linux-image-${version}`,
      ...['arm64', 'armmp', 'armmp-lpae', 'rpi-v6', 'rpi-v7', 'rpi-v7l', 'rpi-v8', 'rpi-2712'].map(
        (flavour) => `linux-image-${flavour}`,
      ),
      'raspi-firmware',
    ],
    // They insist on a file system of its own at /boot/firmware. Configuration files that are gone are not brought back (dpkg(1)).
    hooks: ['kernel/postinst.d', 'kernel/postrm.d', 'initramfs/post-update.d'].map(
      (folder) => `/etc/${folder}/z50-raspi-firmware`,
    ),
  },
};

/** What the links lead to, or the newest of /boot. */
async function findBootFiles(tree: RootTree): Promise<BootPair> {
  const names = await tree.names('/boot');
  const newest = (prefix: string) =>
    names
      .filter((name) => name.startsWith(prefix))
      .sort((a, b) => compareReleases(a.slice(prefix.length), b.slice(prefix.length)))
      .at(-1);
  const find = async (link: string, prefix: string, hint: string) => {
    const linked = (await tree.resolve(link)) ?? (await tree.resolve(`/boot${link}`));
    if (linked !== undefined) return linked;
    const name = newest(prefix);
    const found = name === undefined ? undefined : await tree.resolve(`/boot/${name}`);
    if (found !== undefined) return found;
    throw new Failure('recipe', {
      what: `The root tree cannot be booted: there is no ${link} and no /boot/${prefix}VERSION in it.`,
      expected: `${link}, as Debian's kernel packages link it`,
      hint,
    });
  };
  return {
    kernel: await find(
      '/vmlinuz',
      'vmlinuz-',
      'Install a kernel: `linux-image-amd64`, of Ubuntu `linux-image-generic`.',
    ),
    initramfs: await find(
      '/initrd.img',
      'initrd.img-',
      'Make it: `uses: initramfs`, after the last step that changes the root.',
    ),
  };
}
