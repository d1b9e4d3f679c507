/** What of a root an initramfs does not follow from. */
import { expect, it } from 'vitest';
import { INITRAMFS_SOURCES, UNREAD } from '../../../../stages/distribution/debian/initramfs/sources.js';
import { initramfs } from '../../../../stages/distribution/debian/initramfs.js';
import { rootTree } from '../../../../stages/rootfs/tree.js';
import { testFolder } from '../../../artifacts/formats/tools.js';

const HOOKS = '/usr/share/initramfs-tools/hooks';

async function unreadWith(...files: readonly string[]): Promise<readonly string[]> {
  await using folder = await testFolder();
  const tree = rootTree(folder.path);
  for (const file of files) await tree.write(file, '#!/bin/sh\n');
  return await initramfs.unread(tree);
}

it('is known where only hooks of Debian that are known are installed', async () => {
  const conf = '/usr/share/initramfs-tools/conf-hooks.d/busybox';
  expect(await unreadWith(`${HOOKS}/kmod`, `${HOOKS}/zz-busybox`, conf)).toEqual(UNREAD);
});

it.each([`${HOOKS}/dropbear`, '/etc/initramfs-tools/hooks/mine', '/etc/initramfs-tools/conf-hooks.d/mine'])(
  'is nothing where there is %s, which may read anything',
  async (path) => expect(await unreadWith(`${HOOKS}/kmod`, path)).toEqual([]),
);

it('is nothing that initramfs-tools is known to read, or that holds it', () => {
  const within = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);
  const both = UNREAD.filter((path) =>
    INITRAMFS_SOURCES.some((source) => within(path, source) || within(source, path)),
  );
  expect(both).toEqual([]);
});
