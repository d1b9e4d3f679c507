import { chmod, mkdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { type Ext4Request, writeExt4 } from '../../../artifacts/formats/ext4.js';
import { ext4Geometry, smallestExt4 } from '../../../artifacts/formats/ext4-size.js';
import { setExt4Times } from '../../../artifacts/formats/ext4-times.js';
import { sha256File } from '../../../artifacts/formats/file-digest.js';
import { createSparse, fileSizes, readAt, writeAt } from '../../../artifacts/formats/sparse.js';
import { measureTree } from '../../../artifacts/formats/tree-size.js';
import { makeSampleTree } from './sample-tree.js';
import { ask, run, type TestFolder, testFolder } from './tools.js';

const MIB = 1024 * 1024;
const OFFSET = 5 * MIB;
const EPOCH = 1_700_000_000;
const UUID = '44444444-5555-4666-8777-888888888888';

async function sample(): Promise<TestFolder> {
  const folder = await testFolder();
  await mkdir(folder.at('tree'));
  await makeSampleTree(folder.at('tree'));
  return folder;
}

async function write(folder: TestFolder, name: string, bytes: number, changes: Partial<Ext4Request> = {}) {
  const image = folder.at(name);
  const tree = changes.tree ?? folder.at('tree');
  const geometry = ext4Geometry(bytes, await measureTree(run, tree), { reservedPercent: 1 });
  await createSparse(image, OFFSET + bytes + MIB);
  const place = {
    image,
    offset: OFFSET,
    geometry,
    label: 'root',
    uuid: UUID,
    reservedPercent: 1,
    tree,
    epoch: EPOCH,
  };
  await writeExt4(run, { ...place, ...changes });
  return `${image}?offset=${OFFSET}`;
}

const debugfs = (at: string, request: string) => ask('debugfs', '-R', request, at);

it('writes a file system that e2fsck finds no fault in, and nothing around it', async () => {
  await using folder = await sample();
  await createSparse(folder.at('blank'), OFFSET);
  const at = await write(folder, 'disk.img', 300 * MIB);
  await ask('e2fsck', '-fn', at);
  expect((await readAt(folder.at('disk.img'), 0, OFFSET)).every((byte) => byte === 0)).toBe(true);
  expect((await readAt(folder.at('disk.img'), OFFSET + 300 * MIB, MIB)).every((byte) => byte === 0)).toBe(
    true,
  );
  const header = await ask('dumpe2fs', '-h', at);
  expect(header).toMatch(/^Filesystem UUID: +44444444-5555-4666-8777-888888888888$/m);
  expect(header).toMatch(/^Filesystem volume name: +root$/m);
  expect(header).toMatch(
    /^Filesystem features: +has_journal ext_attr resize_inode dir_index filetype extent 64bit flex_bg sparse_super large_file huge_file dir_nlink extra_isize metadata_csum$/m,
  );
  expect(header).toMatch(/^Errors behavior: +Remount read-only$/m);
});

it('gives the top directory the mode and the owner that it is told', async () => {
  await using folder = await sample();
  await chmod(folder.at('tree'), 0o750);
  const plain = await write(folder, 'plain.img', 300 * MIB);
  expect(await debugfs(plain, 'stat <2>')).toMatch(/Mode: +0755 [\s\S]*User: +0 +Group: +0 /);
  const top = { mode: 0o1700, uid: 26, gid: 70_001 };
  const at = await write(folder, 'disk.img', 300 * MIB, { top });
  await ask('e2fsck', '-fn', at);
  expect(await debugfs(at, 'stat <2>')).toMatch(/Mode: +01700 [\s\S]*User: +26 +Group: +70001 /);
});

it('keeps modes, owners, links, names, holes and capabilities', async () => {
  await using folder = await sample();
  const at = await write(folder, 'disk.img', 300 * MIB);
  expect(await debugfs(at, 'stat /usr/bin/su')).toMatch(/Mode: +04755[\s\S]*Links: 2/);
  expect(await debugfs(at, 'stat /tmp')).toMatch(/Mode: +01777/);
  expect(await debugfs(at, 'stat /bin')).toMatch(/Fast link dest: "usr\/bin"/);
  expect(await debugfs(at, 'cat /etc/Főtanúsítvány')).toBe('name\n');
  expect(await debugfs(at, 'stat /etc/sparse')).toMatch(/Size: 67108864[\s\S]*Blockcount: 0/);
  // cap_net_raw (bit 13), effective, version 2: linux/capability.h.
  expect(await debugfs(at, 'ea_get -x /usr/bin/ping security.capability')).toMatch(
    /01 00 00 02 00 20 00 00 00 00 00 00 00 00 00 00 00 00 00 00/,
  );
});

it('sets every time, and keeps modification times that are older', async () => {
  await using folder = await sample();
  const at = await write(folder, 'disk.img', 300 * MIB);
  const times = async (path: string) =>
    [...(await debugfs(at, `stat ${path}`)).matchAll(/(\w+time): 0x([0-9a-f]+):([0-9a-f]+)/g)].map(
      ([, name, seconds, extra]) => `${name} ${Number.parseInt(seconds ?? '', 16)} ${extra}`,
    );
  const now = ['ctime 1700000000 00000000', 'atime 1700000000 00000000'];
  const birth = 'crtime 1700000000 00000000';
  expect(await times('/usr/bin/ping')).toEqual([...now, 'mtime 1700000000 00000000', birth]);
  expect(await times('/etc/hosts')).toEqual([...now, 'mtime 1000000000 00000000', birth]);
  expect(await times('/lost+found')).toEqual([...now, 'mtime 1700000000 00000000', birth]);
});

it('takes times after 2038', async () => {
  await using folder = await sample();
  const at = await write(folder, 'disk.img', 300 * MIB, { epoch: 4_102_444_800 });
  await ask('e2fsck', '-fn', at);
  expect(await debugfs(at, 'stat /usr/bin/su')).toMatch(
    /ctime: 0xf48656?[0-9a-f]*:00000001 -- Fri Jan {2}1 00:00:00 2100/,
  );
});

it('gives the same bytes for a tree and for its copy', async () => {
  await using folder = await sample();
  await write(folder, 'one.img', 300 * MIB);
  await run(['cp', '-a', folder.at('tree'), folder.at('copy')], { doing: 'copy' });
  await write(folder, 'two.img', 300 * MIB, { tree: folder.at('copy') });
  expect(await sha256File(folder.at('two.img'), { run })).toBe(
    await sha256File(folder.at('one.img'), { run }),
  );
});

it('allocates what the file system uses, and leaves no table to be zeroed after the first boot', async () => {
  await using folder = await sample();
  const at = await write(folder, 'disk.img', 2048 * MIB);
  const header = await ask('dumpe2fs', at);
  const number = (name: string) => Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(header)?.[1]);
  const used = (number('Block count') - number('Free blocks')) * 4096;
  expect((await fileSizes(folder.at('disk.img'))).allocated).toBeLessThanOrEqual(used * 1.05);
  expect(header.match(/^Group \d+:/gm)?.length).toBe(16);
  expect(header.match(/ITABLE_ZEROED/g)?.length).toBe(16);
});

it('is predicted: the least size holds the tree, and overhead is what dumpe2fs counts', async () => {
  await using folder = await sample();
  const size = await measureTree(run, folder.at('tree'));
  const least = smallestExt4({ tree: size, reservedPercent: 1, free: 0 });
  const at = await write(folder, 'least.img', least);
  await ask('e2fsck', '-fn', at);
  for (const mib of [64, 129, 145, 640, 1100, 2500]) {
    await mkdir(folder.at(`empty-${mib}`));
    const tree = folder.at(`empty-${mib}`);
    const geometry = ext4Geometry(mib * MIB, await measureTree(run, tree), { reservedPercent: 1 });
    const header = await ask('dumpe2fs', '-h', await write(folder, `${mib}.img`, mib * MIB, { tree }));
    const number = (name: string) => Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(header)?.[1]);
    // The tree itself is one directory.
    const used = geometry.blocks - number('Free blocks') - 1;
    expect(geometry.overheadBlocks - used).toBeGreaterThanOrEqual(0);
    expect(geometry.overheadBlocks - used).toBeLessThanOrEqual(1);
    expect(number('Inode count')).toBe(geometry.inodes);
  }
});

it('refuses to set times where there is no ext4', async () => {
  await using folder = await testFolder();
  await createSparse(folder.at('disk.img'), MIB);
  await writeAt(folder.at('disk.img'), 1024 + 0x58, Buffer.from([0, 1]));
  await expect(setExt4Times(folder.at('disk.img'), 0, 0)).rejects.toMatchObject({
    kind: 'integrity',
    diagnostics: [
      {
        what: 'The times of a file system cannot be set: it is no ext4 with inodes of 256 bytes.',
        found: 'magic 0, inode size 256',
      },
    ],
  });
});
