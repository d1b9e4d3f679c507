import { readdir, stat, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { MIB } from '../../artifacts/formats/disk-layout.js';
import type { DiskSpec } from '../../artifacts/formats/disk-spec.js';
import { sha256File } from '../../artifacts/formats/file-digest.js';
import { fsVerityDigest } from '../../artifacts/formats/fs-verity.js';
import { fileSizes, readAt } from '../../artifacts/formats/sparse.js';
import { GPT_DISK, MBR_DISK, root } from '../artifacts/formats/disks.js';
import { ask, run } from '../artifacts/formats/tools.js';
import { parts, place, prepare, type Written, write } from './lun-image-rig.js';

const SMALL: DiskSpec = { ...GPT_DISK, bytes: 720 * MIB };

it.each([
  ['gpt', SMALL],
  ['mbr', { ...MBR_DISK, bytes: 1024 * MIB }],
  [
    'gpt of its content’s size',
    {
      ...withoutSize(),
      partitions: [...GPT_DISK.partitions.slice(0, 3), { ...root, size: 'grow' as const }],
    },
  ],
])('writes a disk with %s that every judge accepts', async (_, spec: DiskSpec) => {
  await using folder = await prepare();
  const { image, disk, progress } = await write(folder, 'out', spec);
  expect((await fileSizes(image)).apparent).toBe(disk.bytes);
  if (spec.table === 'gpt') expect(await ask('sgdisk', '-v', image)).toContain('No problems found.');
  const table = JSON.parse(await ask('sfdisk', '--json', image)) as {
    partitiontable: { partitions: { start: number; size: number; type: string }[] };
  };
  expect(
    table.partitiontable.partitions.map(({ start, size, type }) => [start, size, type.padStart(2, '0')]),
  ).toEqual(disk.partitions.map(({ firstLba, sectors, type }) => [firstLba, sectors, type]));
  await ask('e2fsck', '-fn', `${image}?offset=${place(disk, 'root').offset}`);
  const esp = place(disk, 'esp');
  await writeFile(folder.at('esp'), await readAt(image, esp.offset, esp.bytes));
  await ask('fsck.vfat', '-n', folder.at('esp'));
  expect(await ask('mdir', '-b', '-i', folder.at('esp'), '::/EFI/BOOT')).toContain('BOOTX64.EFI');
  for (const [name, type] of [
    ['root', 'ext4'],
    ['swap', 'swap'],
    ['esp', 'vfat'],
  ] as const) {
    const { offset, bytes } = place(disk, name);
    const found = await ask('blkid', '-p', '-o', 'export', '-O', String(offset), '-S', String(bytes), image);
    const uuid = disk.partitions.find((partition) => partition.name === name)?.filesystemUuid;
    expect(found).toContain(`UUID=${uuid}\n`);
    expect(found).toContain(`TYPE=${type}\n`);
  }
  expect(progress.at(-1)).toBe('write root true');
  expect((await readdir(folder.at('out'))).sort()).toEqual(['disk.img', 'parts', 'scratch']);
});

it('allocates at most 1.05 of what the file systems use', async () => {
  await using folder = await prepare();
  const { image, disk } = await write(folder, 'out', { ...GPT_DISK, bytes: 10 * 1024 * MIB });
  const header = await ask('dumpe2fs', '-h', `${image}?offset=${place(disk, 'root').offset}`);
  const number = (name: string) => Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(header)?.[1]);
  const used = (number('Block count') - number('Free blocks')) * 4096;
  expect((await fileSizes(image)).allocated).toBeLessThanOrEqual(used * 1.05);
});

it('gives the same bytes for a tree and for its copy', async () => {
  await using folder = await prepare();
  const one = await write(folder, 'one', SMALL);
  await run(['cp', '-a', folder.at('rootfs'), folder.at('copy')], { doing: 'copy' });
  const two = await write(folder, 'two', SMALL, { rootfs: folder.at('copy') });
  expect(await sha256File(two.image, { run })).toBe(await sha256File(one.image, { run }));
});

it('writes only the boot loaders anew when the kernel command line changes, and the same as without what was kept', async () => {
  await using folder = await prepare();
  const kept = { part: parts(folder, 'kept') };
  const changed = {
    recipe: { name: 'test', architecture: 'amd64', disk: SMALL, kernel: { commandLine: ['quiet'] } },
  };
  const one = await write(folder, 'one', SMALL, kept);
  const used: string[] = [];
  const watching: typeof run = (argv, options) => {
    used.push(argv[0]);
    return run(argv, options);
  };
  const two = await write(folder, 'two', SMALL, { ...kept, ...changed, run: watching });
  expect(used.filter((tool) => tool !== 'filefrag').sort()).toEqual([
    'grub-mkimage',
    'grub-mkimage',
    'mcopy',
    'mkfs.vfat',
    'mmd',
  ]);
  expect(two.disk).toEqual(one.disk);
  const fresh = await write(folder, 'fresh', SMALL, changed);
  const sha256 = ({ image }: Written) => sha256File(image, { run });
  expect(await sha256(two)).toBe(await sha256(fresh));
  expect(await sha256(two)).not.toBe(await sha256(one));
  for (const { image, digests } of [one, two, fresh])
    expect([...digests.values()]).toEqual([await fsVerityDigest(image)]);

  const [bios, esp] = [place(one.disk, 'bios'), place(one.disk, 'esp')];
  const outside: number[] = [];
  for (const offset of await differences(one.image, two.image)) {
    const inside = [bios, esp].some((area) => offset >= area.offset && offset < area.offset + area.bytes);
    if (!inside) outside.push(offset);
  }
  expect(outside).toEqual([]);
  expect(((await stat(two.image)).mode & 0o777).toString(8)).toBe('644');
  // What is made is kept by a second name; what was kept stays as it is.
  expect((await stat(one.image)).ino).toBe((await stat(folder.at('kept/file-systems/disk.img'))).ino);
  expect((await stat(two.image)).nlink).toBe(1);
});

it('keeps the layout of a growing ESP whatever the kernel command line is', async () => {
  await using folder = await prepare();
  const spec: DiskSpec = {
    ...withoutSize(),
    partitions: [
      { ...root, size: { bytes: 300 * MIB } },
      { ...GPT_DISK.partitions[1], size: 'grow' },
    ],
  };
  const kernel = (parameters: number) => ({
    recipe: {
      name: 'test',
      architecture: 'amd64',
      disk: spec,
      kernel: { commandLine: Array.from({ length: parameters }, (_, index) => `a.parameter=${index}`) },
    },
  });
  const one = await write(folder, 'one', spec, kernel(1));
  const two = await write(folder, 'two', spec, kernel(20_000));
  expect(two.disk).toEqual(one.disk);
});

it('puts each part of the tree on its own partition, and nothing of the build’s own time', async () => {
  await using folder = await prepare();
  await writeFile(folder.at('rootfs/boot/efi/note.txt'), 'on the ESP\n');
  await writeFile(folder.at('rootfs/run/pid'), '1\n');
  const { image, disk } = await write(folder, 'out', SMALL, { run: withOwnMounts() });
  const { offset, bytes } = place(disk, 'esp');
  await writeFile(folder.at('esp'), await readAt(image, offset, bytes));
  expect(await ask('mtype', '-i', folder.at('esp'), '::/note.txt')).toBe('on the ESP\n');
  const list = async (path: string) => {
    const lines = await ask(
      'debugfs',
      '-R',
      `ls -p ${path}`,
      `${image}?offset=${place(disk, 'root').offset}`,
    );
    return [...lines.matchAll(/^\/\d+\/\d+\/\d+\/\d+\/(.*)\/\d*\/$/gm)].map(([, name]) => name);
  };
  expect(await list('/run')).toEqual(['.', '..']);
  expect(await list('/boot/efi')).toEqual(['.', '..']);
  expect(await list('/boot')).toEqual(['.', '..', 'efi', 'initrd.img-6.1', 'vmlinuz-6.1']);
  expect((await readdir(folder.at('rootfs/run'))).length).toBe(1);
});

it('leaves nothing when a tool fails', async () => {
  await using folder = await prepare();
  const failing: typeof run = (argv, options) => run(argv[0] === 'mke2fs' ? ['false'] : argv, options);
  await expect(write(folder, 'out', SMALL, { run: failing })).rejects.toMatchObject({
    kind: 'tool',
    diagnostics: [{ what: 'Could not create the ext4 file system root.', found: 'false: exit code 1' }],
  });
  expect((await readdir(folder.at('out'))).sort()).toEqual(['parts', 'scratch']);
});

it('refuses a root that is too small before anything is written', async () => {
  await using folder = await prepare();
  await writeFile(folder.at('rootfs/big'), Buffer.alloc(60 * MIB, 1));
  const spec: DiskSpec = { ...GPT_DISK, bytes: 620 * MIB };
  const seen: string[] = [];
  const watching: typeof run = (argv, options) => {
    seen.push(argv[0]);
    return run(argv, options);
  };
  await expect(write(folder, 'out', spec, { run: watching })).rejects.toMatchObject({
    kind: 'recipe',
    diagnostics: [
      {
        what: expect.stringMatching(
          /^The partition root of 39 MiB is \d+ MiB too small for its content\.$/,
        ) as string,
      },
    ],
  });
  expect(seen.sort()).toEqual(['find', 'grub-mkimage', 'grub-mkimage']);
  expect((await readdir(folder.at('out'))).sort()).toEqual(['parts', 'scratch']);
  expect(await readdir(folder.at('out/parts/file-systems.partial'))).toEqual([]);
});

/** Offsets at which two images differ. */
async function differences(one: string, other: string): Promise<number[]> {
  const { stdout } = await run(['cmp', '--verbose', one, other], {
    doing: 'compare',
    quiet: true,
    okExitCodes: [0, 1],
  });
  return [...stdout.matchAll(/^ *(\d+) /gm)].map(([, position]) => Number(position) - 1);
}

function withoutSize(): Omit<typeof GPT_DISK, 'bytes'> {
  const { bytes: _, ...rest } = GPT_DISK;
  return rest;
}

/**
 * Stands in for the sandbox, in whose mount namespace a stage runs: mounts are made in a namespace of the command that
 * comes after them.
 */
function withOwnMounts(): typeof run {
  const mounts: string[][] = [];
  return (argv, options) => {
    if (argv[0] === 'umount') mounts.pop();
    else if (argv[0] === 'mount') mounts.push([...argv]);
    else if (mounts.length > 0) {
      const script = `${mounts.map((mount) => mount.join(' ')).join(' && ')} && exec "$@"`;
      return run(['unshare', '--mount', 'sh', '-c', script, 'sh', ...argv], options);
    } else return run(argv, options);
    return Promise.resolve({ stdout: '', stderr: '', exitCode: 0 });
  };
}
