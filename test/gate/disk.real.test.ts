import { chmod, open, readdir, stat } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { crc32c } from '../../artifacts/formats/crc32c.js';
import { sha256File } from '../../artifacts/formats/file-digest.js';
import { copyInto, createSparse, readAt } from '../../artifacts/formats/sparse.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import { copyDisk, inspectRoot, rootPartition } from '../../gate/disk.js';
import { ports, run, testFolder } from '../artifacts/formats/tools.js';
import { ARTIFACTS, smallManifest } from '../util/manifest.js';

const MIB = 1 << 20;
const manifest = smallManifest({ artifacts: ARTIFACTS });
const EXT4 = { offset: MIB, bytes: 12 * MIB, filesystem: 'ext4' } as const;
const UUID = '6c816f51-0613-45e7-a15b-bc2d5cd00f88';

async function makeDisk(path: string): Promise<void> {
  await createSparse(path, 16 * MIB);
  const argv = ['mke2fs', '-q', '-t', 'ext4', '-U', UUID, '-E', `offset=${MIB}`, path, '12m'] as const;
  await run(argv, { doing: 'make a file system' });
}

async function writeAt(path: string, position: number, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, position);
}

it('copies the disk with its holes', async () => {
  await using release = await testFolder();
  await using scratch = await testFolder();
  await makeDisk(release.at('disk.img'));
  const copy = await stat(await copyDisk({ release: release.path, scratch: scratch.path, manifest }, ports));
  expect(copy.size).toBe(16 * MIB);
  expect(copy.blocks * 512).toBeLessThan(4 * MIB);
});

it('copies a disk that is read-only into one that may be written to', async () => {
  await using release = await testFolder();
  await using scratch = await testFolder();
  await makeDisk(release.at('disk.img'));
  await chmod(release.at('disk.img'), 0o444);
  const before = await sha256File(release.at('disk.img'));
  const copy = await copyDisk({ release: release.path, scratch: scratch.path, manifest }, ports);
  expect((await stat(copy)).mode & 0o200).toBe(0o200);
  await writeAt(copy, MIB + 4096, Buffer.from('the client was here'));
  expect(await sha256File(release.at('disk.img'))).toBe(before);
});

it('finds a file system that was left in order', async () => {
  await using folder = await testFolder();
  await makeDisk(folder.at('disk.img'));
  expect(await inspectRoot(folder.at('disk.img'), EXT4, ports)).toEqual({
    clean: true,
    found: 'whole, its journal is empty',
  });
});

it('finds a journal that must be replayed', async () => {
  await using folder = await testFolder();
  await makeDisk(folder.at('disk.img'));
  const feature = [
    'debugfs',
    '-w',
    '-R',
    'feature needs_recovery',
    `${folder.at('disk.img')}?offset=${MIB}`,
  ] as const;
  await run(feature, { doing: 'pretend that it was not unmounted' });
  const state = await inspectRoot(folder.at('disk.img'), EXT4, ports);
  expect(state.clean).toBe(false);
  expect(state.found).toMatch(/its journal must be replayed: it was not unmounted or remounted read-only/);
});

it('finds a broken file system', async () => {
  await using folder = await testFolder();
  await makeDisk(folder.at('disk.img'));
  // The block and inode bitmaps, right behind the group descriptors.
  await writeAt(folder.at('disk.img'), MIB + 100 * 1024, Buffer.alloc(64 * 1024, 0xff));
  const state = await inspectRoot(folder.at('disk.img'), EXT4, ports);
  expect(state.clean).toBe(false);
  expect(state.found).toMatch(/^errors \(e2fsck exit code \d+\)/);
});

it('looks at a Btrfs: in order, with a log to be replayed, and broken', async () => {
  await using folder = await testFolder();
  const [disk, alone, bytes] = [folder.at('disk.img'), folder.at('alone'), 64 * MIB];
  await createSparse(alone, bytes);
  await run(['mkfs.btrfs', '-q', '-m', 'single', alone], { doing: 'make a file system' });
  await createSparse(disk, bytes + 2 * MIB);
  await copyInto(alone, disk, MIB);
  const state = () => inspectRoot(disk, { offset: MIB, bytes, filesystem: 'btrfs' }, ports);
  expect(await state()).toEqual({ clean: true, found: 'whole, its log is empty' });
  // Its checksum must hold: what is changed is the superblock of a file system with a log.
  const superblock = await readAt(disk, MIB + 0x10000, 4096);
  const changed = Buffer.from(superblock);
  superblock.copy(changed, 0x60, 0x50, 0x58);
  changed.writeUInt32LE(~crc32c(0xffffffff, changed.subarray(32)) >>> 0);
  await writeAt(disk, MIB + 0x10000, changed);
  expect((await state()).found).toMatch(
    /its log must be replayed: it was not unmounted or remounted read-only/,
  );
  expect((await state()).clean).toBe(false);
  await writeAt(disk, MIB + 0x10000, superblock);
  await writeAt(disk, MIB + 0x500000, Buffer.alloc(1 << 20, 0xff));
  const broken = await state();
  expect(broken.clean).toBe(false);
  expect(broken.found).toMatch(/^errors \(btrfs check exit code 1\)/);
  expect(await readdir(folder.path)).toEqual(['alone', 'disk.img']);
});

it('finds the root by its mount point', () => {
  const partition = { number: 4, name: 'root', type: '', guid: '', firstLba: 2048, sectors: 1, grow: true };
  const having = (more: object) =>
    ({ disk: { partitions: [{ ...partition, ...more }] } }) as unknown as Manifest;
  expect(rootPartition(having({ mount: '/', filesystem: 'ext4', filesystemUuid: UUID }))).toEqual({
    ...{ uuid: UUID, offset: MIB, bytes: 512, filesystem: 'ext4' },
  });
  expect(() => rootPartition(having({ filesystem: 'ext4' }))).toThrow(
    'This release cannot be booted: its disk has no root file system.',
  );
});
