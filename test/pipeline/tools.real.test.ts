/** Programs of this host, found and asked for their versions. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../../base/failure.js';
import { requireHost } from '../../pipeline/tools.js';

describe('requireHost', () => {
  it.each([
    ['mke2fs', 'e2fsprogs'],
    ['mmdebstrap', 'mmdebstrap'],
    ['sfdisk', 'fdisk'],
    ['grub-mkimage', 'grub-common'],
    ['qemu-system-x86_64', 'qemu-system-x86'],
    ['tgtd', 'tgt'],
    ['mcopy', 'mtools'],
    ['mkfs.btrfs', 'btrfs-progs'],
    ['fuse2fs', 'fuse2fs'],
    ['faketime', 'faketime'],
  ])('knows the version of %s', async (name, pack) => {
    await requireHost([{ name, package: pack, min: '0.1' }]);
    const failure = await requireHost([{ name, package: pack, min: '999' }]).catch(Failure.from);
    const [diagnostic] = failure?.diagnostics ?? [];
    expect(diagnostic?.what).toBe(`${name} is too old.`);
    expect(diagnostic?.found).toMatch(/^version [0-9]+\.[0-9.]+$/);
  });

  it('misses a program that does not exist', async () => {
    await expect(
      requireHost([{ name: 'no-such-program', package: 'no-such-package' }]),
    ).rejects.toMatchObject({
      diagnostics: [{ what: 'The program no-such-program is missing.' }],
    });
  });
});
