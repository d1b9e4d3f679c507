/** A disk with Btrfs on it, as the stage writes it; blkid and btrfs check judge. */
import { chmod, chown, mkdir, open, stat } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readBtrfsTree } from '../../../artifacts/formats/btrfs-read/tree.js';
import { MIB } from '../../../artifacts/formats/disk-layout.js';
import { readExt4Tree } from '../../../artifacts/formats/ext4-read/tree.js';
import { sha256File } from '../../../artifacts/formats/file-digest.js';
import type { FileTree } from '../../../artifacts/formats/file-tree/tree.js';
import type { Volume } from '../../../artifacts/formats/file-tree/volume.js';
import { copyInto, createSparse } from '../../../artifacts/formats/sparse.js';
import { esp, GPT_DISK, root } from '../../artifacts/formats/disks.js';
import { ask, run } from '../../artifacts/formats/tools.js';
import { place, prepare, write } from '../lun-image-rig.js';

const { bytes: _, ...UNSIZED } = GPT_DISK;
const SRV = {
  ...root,
  name: 'srv',
  mount: '/srv',
  size: { bytes: 64 * MIB },
  filesystem: 'btrfs',
  guid: '55555555-1111-4111-8111-111111111111',
  filesystemUuid: '55555555-5555-4666-8777-888888888888',
} as const;
const DISK = {
  ...UNSIZED,
  partitions: [GPT_DISK.partitions[0], esp, SRV, { ...root, filesystem: 'btrfs', size: 'grow' }],
} as const;

it('writes two of them, the same for a copy of the tree, each whole', async () => {
  await using folder = await prepare();
  await mkdir(folder.at('rootfs/srv/files'), { recursive: true });
  const one = await write(folder, 'one', DISK);
  await run(['cp', '-a', folder.at('rootfs'), folder.at('copy')], { doing: 'copy' });
  const two = await write(folder, 'two', DISK, { rootfs: folder.at('copy') });
  expect(await sha256File(two.image, { run })).toBe(await sha256File(one.image, { run }));
  for (const { name, filesystemUuid } of DISK.partitions.slice(2)) {
    const { offset, bytes } = place(one.disk, name);
    const area = ['-O', String(offset), '-S', String(bytes)] as const;
    const found = await ask('blkid', '-p', '-o', 'export', ...area, one.image);
    expect(found).toContain(`UUID=${filesystemUuid}\n`);
    expect(found).toContain('TYPE=btrfs\n');
    const alone = folder.at(name);
    await createSparse(alone, bytes);
    await copyInto(one.image, alone, -offset, [{ start: offset, end: offset + bytes }]);
    await ask('btrfs', 'check', '--readonly', '--check-data-csum', alone);
    const names = await ask('btrfs', 'inspect-internal', 'dump-tree', '-t', 'fs', alone);
    // What lies on the other one is a mount point here.
    expect(names.includes('name: files')).toBe(name === 'srv');
    expect(names.includes('name: srv')).toBe(name === 'root');
  }
  // The room of 256 MiB is one that nothing is written to.
  expect((await stat(one.image)).blocks * 512).toBeLessThan(one.disk.bytes / 2);
});

it('gives what is mounted in the tree the mode and the owner of its mount point, on ext4 too', async () => {
  await using folder = await prepare();
  // As an imported folder has it: of the one who made it.
  await chmod(folder.at('rootfs'), 0o750);
  const mounted = ['btrfs', 'ext4'] as const;
  for (const name of mounted) {
    await mkdir(folder.at(`rootfs/${name}`), { mode: 0o700 });
    await chown(folder.at(`rootfs/${name}`), 26, 70_001);
  }
  const partitions = [
    GPT_DISK.partitions[0],
    esp,
    ...mounted.map((name, index) => ({
      ...{ ...SRV, name, mount: `/${name}`, filesystem: name },
      guid: `55555555-1111-4111-8111-11111111111${index}`,
      filesystemUuid: `55555555-5555-4666-8777-88888888888${index}`,
    })),
    { ...root, filesystem: 'btrfs', size: 'grow' },
  ] as const;
  const { image, disk } = await write(folder, 'one', { ...UNSIZED, partitions });
  const top = async (name: string, read: (volume: Volume) => Promise<FileTree>) => {
    await using file = await open(image);
    return (await read({ file, offset: place(disk, name).offset, name })).files.get('/');
  };
  const own = { mode: 0o700, uid: 26, gid: 70_001 };
  expect(await top('btrfs', readBtrfsTree)).toMatchObject(own);
  expect(await top('ext4', readExt4Tree)).toMatchObject(own);
  expect(await top('root', readBtrfsTree)).toMatchObject({ mode: 0o755, uid: 0, gid: 0 });
});

it('refuses a tree with a device, before it writes', async () => {
  await using folder = await prepare();
  for (const name of ['first', 'second'])
    await run(['mknod', folder.at(`rootfs/etc/${name}`), 'c', '1', '3'], { doing: 'make a device' });
  await expect(write(folder, 'out', DISK)).rejects.toMatchObject({
    kind: 'recipe',
    diagnostics: [
      {
        what: 'The tree has devices, which root cannot hold: mkfs.btrfs gives all of them the number 0:0.',
        found: expect.stringMatching(/^\/etc\/(?:first|second) and 1 more$/) as string,
      },
    ],
  });
});
