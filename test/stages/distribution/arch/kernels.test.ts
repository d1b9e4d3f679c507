/** Of several kernels each has an image of its own, and two links say which of them a boot loader takes. */
import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Argv } from '../../../../base/ports.js';
import { initramfs } from '../../../../stages/distribution/arch/initramfs.js';
import { kernel } from '../../../../stages/distribution/arch/kernel.js';
import type { TopicContext } from '../../../../stages/distribution/topics.js';
import { rootTree } from '../../../../stages/rootfs/tree.js';
import { testFolder } from '../../../artifacts/formats/tools.js';

it('linux and linux-lts stand beside each other, and the newest is booted', async () => {
  await using folder = await testFolder();
  const tree = rootTree(folder.path);
  const kernels = { '6.9.7-arch1-1': 'linux', '6.12.1-arch1-1': 'linux', '6.6.63-1-lts': 'linux-lts' };
  for (const [version, base] of Object.entries(kernels)) {
    await tree.write(`/usr/lib/modules/${version}/vmlinuz`, `the kernel ${version}`);
    await tree.write(`/usr/lib/modules/${version}/pkgbase`, `${base}\n`);
  }
  // What a removed kernel left.
  await tree.write('/usr/lib/modules/5.4.0-1/extramodules/x.ko', '');
  const versions = await initramfs.kernels(tree);
  expect(versions).toEqual(['6.6.63-1-lts', '6.9.7-arch1-1', '6.12.1-arch1-1']);

  const ran: Argv[] = [];
  const ctx: TopicContext = {
    epoch: 1,
    warn: () => undefined,
    chroot: async (argv) => {
      ran.push(argv);
      await tree.write(argv.at(-1) ?? '', 'an image');
      return { stdout: '', stderr: '', exitCode: 0 };
    },
  };
  for (const version of ['6.6.63-1-lts', '6.12.1-arch1-1']) await initramfs.generate(ctx, tree, version);
  expect(ran).toEqual([
    ['mkinitcpio', '-k', '6.6.63-1-lts', '-g', '/boot/initramfs-linux-lts.img'],
    ['mkinitcpio', '-k', '6.12.1-arch1-1', '-g', '/boot/initramfs-linux.img'],
  ]);
  expect(await readFile(folder.at('boot/vmlinuz-linux-lts'), 'utf8')).toBe('the kernel 6.6.63-1-lts');
  expect(await tree.read('/etc/mkinitcpio.d/linux-lts.preset')).toContain('/boot/vmlinuz-linux-lts');

  await expect(kernel.find(tree)).rejects.toThrow('there is no /boot/vmlinuz in it');
  for (const version of ['6.12.1-arch1-1', '6.6.63-1-lts']) {
    await initramfs.choose(ctx, tree, version, false);
    const base = kernels[version as keyof typeof kernels];
    expect(await readlink(folder.at('boot/vmlinuz'))).toBe(`vmlinuz-${base}`);
    expect(await kernel.find(tree)).toEqual({
      kernel: join(folder.path, `boot/vmlinuz-${base}`),
      initramfs: join(folder.path, `boot/initramfs-${base}.img`),
    });
  }
});

it('HOOKS that a later drop-in sets anew are what keeps ours out', async () => {
  await using folder = await testFolder();
  const tree = rootTree(folder.path);
  const dropIn = (name: string, text: string) => tree.write(`/etc/mkinitcpio.conf.d/${name}`, text);
  await dropIn('lunsmith.conf', 'HOOKS=(base udev net iscsi)\n');
  await dropIn('early.conf', 'HOOKS=(base)\n');
  await dropIn('more.conf', 'HOOKS+=(lvm2)\n');
  expect(await initramfs.obstacle?.(tree)).toBeUndefined();
  await dropIn('z.conf', '# our own\nHOOKS=(base systemd)\n');
  expect(await initramfs.obstacle?.(tree)).toContain('/etc/mkinitcpio.conf.d/z.conf sets HOOKS anew');
});
