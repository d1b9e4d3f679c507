/** What the shipped recipes build, judged by tools that had no part in it. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Release, readRelease, verifyRelease } from '../../artifacts/release/release.js';
import { shippedRelease } from '../util/build.js';
import { lunsmith } from '../util/cli.js';
import { partition, SECTOR, withRootFs } from '../util/image.js';

const TYPE_GUIDS = [
  ['bios', '21686148-6449-6E6F-744E-656564454649'],
  ['esp', 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B'],
  ['swap', '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F'],
  ['root', '0FC63DAF-8483-4772-8E79-3D69D8477DE4'],
];

describe.each(['debian-bookworm', 'debian-trixie'] as const)('%s', (recipe) => {
  let release: Release;
  let image: string;
  beforeAll(async () => {
    release = await readRelease(await shippedRelease(recipe));
    image = join(release.path, 'disk.img');
  });

  it('is whole', async () => {
    expect(await verifyRelease(release)).toEqual([]);
    expect(release.manifest.artifacts.map((file) => file.path)).toEqual(
      expect.arrayContaining(['boot/direct.ipxe', 'boot/sanboot.ipxe', 'disk.img', 'initrd.img', 'vmlinuz']),
    );
  });

  it('has a partition table that sgdisk accepts', async () => {
    const { stdout } = await execa('sgdisk', ['-v', image]);
    expect(stdout).toContain('No problems found');
  });

  it('has the layout of the recipe in the eyes of sfdisk', async () => {
    const { stdout } = await execa('sfdisk', ['--json', image]);
    const { partitiontable: table } = JSON.parse(stdout) as {
      partitiontable: {
        label: string;
        id: string;
        partitions: { name: string; type: string; uuid: string; start: number; size: number }[];
      };
    };
    expect(table.label).toBe('gpt');
    expect(table.partitions.map(({ name, type }) => [name, type])).toEqual(TYPE_GUIDS);
    expect(table.partitions.every(({ start }) => start % 2048 === 0)).toBe(true);
    expect(table.partitions.map(({ uuid, start, size }) => [uuid.toLowerCase(), start, size])).toEqual(
      release.manifest.disk.partitions.map(({ guid, firstLba, sectors }) => [
        guid.toLowerCase(),
        firstLba,
        sectors,
      ]),
    );
  });

  it('has file systems that their checkers accept', async () => {
    const { manifest } = release;
    const root = partition(manifest, 'root');
    const e2fsck = await execa('e2fsck', ['-fn', `${image}?offset=${root.firstLba * SECTOR}`]);
    expect(e2fsck.exitCode).toBe(0);
    const esp = partition(manifest, 'esp');
    const copy = `/tmp/lunsmith-esp-${process.pid}`;
    await execa('dd', [
      `if=${image}`,
      `of=${copy}`,
      'bs=1M',
      `skip=${esp.firstLba / 2048}`,
      `count=${esp.sectors / 2048}`,
    ]);
    const fsck = await execa('fsck.vfat', ['-n', copy]);
    await execa('rm', [copy]);
    expect(fsck.exitCode).toBe(0);
    const swap = partition(manifest, 'swap');
    const { stdout } = await execa('blkid', [
      '--probe',
      '--offset',
      String(swap.firstLba * SECTOR),
      '--output',
      'export',
      image,
    ]);
    expect(stdout).toContain(`UUID=${swap.filesystemUuid}`);
    expect(stdout).toContain('TYPE=swap');
  });

  it('allocates little more than its file systems use', async () => {
    const root = partition(release.manifest, 'root');
    const { stdout } = await execa('dumpe2fs', ['-h', `${image}?offset=${root.firstLba * SECTOR}`]);
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(stdout)?.[1]);
    const used = (field('Block count') - field('Free blocks')) * field('Block size');
    const { blocks } = await stat(image);
    expect(blocks * 512).toBeLessThanOrEqual(used * 1.05);
  });

  it('holds no identity: no machine id, no host keys, no initiator name', async () => {
    await withRootFs(image, partition(release.manifest, 'root'), async (root) => {
      expect((await stat(join(root, 'etc/machine-id'))).size).toBe(0);
      const { stdout: keys } = await execa('find', [join(root, 'etc/ssh'), '-name', 'ssh_host_*']);
      expect(keys).toBe('');
      const grep = await execa('grep', ['-rhs', '^InitiatorName=', join(root, 'etc/iscsi')], {
        reject: false,
      });
      expect(grep.stdout).toBe('');
      const { stdout: policy } = await execa('find', [root, '-xdev', '-name', 'policy-rc.d']);
      expect(policy).toBe('');
    });
  });

  it('is explained by inspect', async () => {
    const { exitCode, stdout } = await lunsmith(['inspect', '--packages', release.path]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(release.digest);
    expect(stdout).toContain('open-iscsi');
    for (const [name = ''] of TYPE_GUIDS) expect(stdout).toContain(name);
  });
});
