import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { type BtrfsRequest, fuseProblem, writeBtrfs } from '../../../artifacts/formats/btrfs.js';
import { smallestBtrfs } from '../../../artifacts/formats/btrfs-size.js';
import { MIB } from '../../../artifacts/formats/disk-layout.js';
import { sha256File } from '../../../artifacts/formats/file-digest.js';
import { createSparse, fileSizes, readAt } from '../../../artifacts/formats/sparse.js';
import { treeEntries } from '../../../artifacts/formats/tree-entries.js';
import { measureTree } from '../../../artifacts/formats/tree-size.js';
import { createPorts } from '../../../base/command.js';
import { makeSampleTree } from './sample-tree.js';
import { ask, run, type TestFolder, testFolder } from './tools.js';

const OFFSET = 5 * MIB;
const EPOCH = 1_700_000_000;
const UUID = '44444444-5555-4666-8777-888888888888';

async function sample(): Promise<TestFolder> {
  const folder = await testFolder();
  await mkdir(folder.at('tree'));
  await makeSampleTree(folder.at('tree'));
  await run(['chown', '-h', '1000:2000', folder.at('tree/etc/hosts')], { doing: 'give a file away' });
  await run(['setfattr', '-n', 'user.word', '-v', 'value', folder.at('tree/etc/hosts')], {
    doing: 'name it',
  });
  return folder;
}

/** An image with the file system at {@link OFFSET}, and the file system alone for tools that know no offset. */
async function write(
  folder: TestFolder,
  name: string,
  tree = 'tree',
  more = 0,
  changes: Partial<BtrfsRequest> = {},
  by = run,
) {
  const [image, alone, scratch] = [`${name}.img`, `${name}.btrfs`, `${name}.scratch`].map(folder.at);
  if (image === undefined || alone === undefined || scratch === undefined) throw new Error('three names');
  await mkdir(scratch);
  const size = await measureTree(run, folder.at(tree));
  const bytes = smallestBtrfs(size.dense) + more;
  await createSparse(image, OFFSET + Math.max(bytes, MIB) + MIB);
  const request = { image, offset: OFFSET, bytes, label: 'root', uuid: UUID, size, epoch: EPOCH, scratch };
  await writeBtrfs({ run: by }, { ...request, tree: folder.at(tree), ...changes });
  const part = ['bs=1M', 'skip=5', `count=${bytes / MIB}`, 'conv=sparse'];
  await run(['dd', `if=${image}`, `of=${alone}`, ...part], { doing: 'take it out', quiet: true });
  await run(['truncate', '-s', String(bytes), alone], { doing: 'end it', quiet: true });
  return { image, alone, bytes };
}

it('writes a file system that btrfs check finds no fault in, as small as it says, and nothing around it', async () => {
  await using folder = await sample();
  const { image, alone, bytes } = await write(folder, 'disk');
  await ask('btrfs', 'check', '--readonly', '--check-data-csum', alone);
  const header = await ask('btrfs', 'inspect-internal', 'dump-super', alone);
  expect(header).toMatch(new RegExp(`^total_bytes\\s+${bytes}$`, 'm'));
  expect(header).toMatch(new RegExp(`^fsid\\s+${UUID}$`, 'm'));
  expect(header).toMatch(/^label\s+root$/m);
  expect(await ask('btrfs', 'inspect-internal', 'dump-tree', '-t', 'chunk', alone)).not.toMatch(/DUP/);
  for (const [at, length] of [
    [0, OFFSET],
    [OFFSET + bytes, MIB],
  ] as const) {
    expect((await readAt(image, at, length)).every((byte) => byte === 0)).toBe(true);
  }
  const { allocated, apparent } = await fileSizes(image);
  expect(allocated).toBeLessThan(apparent / 2);
});

it('gives the same bytes for a tree and for its copy, whose inodes have other numbers', async () => {
  await using folder = await sample();
  const one = await write(folder, 'one');
  await run(['cp', '-a', folder.at('tree'), folder.at('copy')], { doing: 'copy' });
  const two = await write(folder, 'two', 'copy');
  expect(await sha256File(two.image)).toBe(await sha256File(one.image));
  await writeFile(folder.at('copy/etc/hosts'), 'other\n');
  const three = await write(folder, 'three', 'copy');
  expect(await sha256File(three.image)).not.toBe(await sha256File(one.image));
});

it('keeps content, modes, owners, links, extended attributes and times', async () => {
  await using folder = await sample();
  const { alone } = await write(folder, 'disk');
  await mkdir(folder.at('back'));
  await run(['btrfs', 'restore', '--metadata', '--symlinks', '--xattr', alone, folder.at('back')], {
    doing: 'restore',
  });
  const listed = async (name: string) =>
    (await treeEntries(run, folder.at(name), { fields: ['P', 'y', 'm', 'U', 'G', 's', 'T@', 'l'] }))
      .filter(({ P: path }) => path !== '')
      .map(({ y: type, s: size, 'T@': time, ...rest }) => ({
        ...rest,
        type,
        size: type === 'd' ? '' : size,
        time: Math.min(EPOCH, Math.floor(Number(time))),
      }))
      .sort((a, b) => (a.P < b.P ? -1 : 1));
  expect(await listed('back')).toEqual(await listed('tree'));
  await run(['diff', '-r', '--no-dereference', folder.at('tree'), folder.at('back')], {
    doing: 'compare the contents',
  });
  for (const path of ['usr/bin/ping', 'etc/hosts']) {
    const attributes = (name: string) =>
      run(['getfattr', '-d', '-m', '-', path], { doing: 'ask', cwd: folder.at(name) });
    expect((await attributes('back')).stdout).toBe((await attributes('tree')).stdout);
    expect((await attributes('back')).stdout).toMatch(/^(?:security|user)\./m);
  }
  const items = await ask('btrfs', 'inspect-internal', 'dump-tree', '-t', 'fs', alone);
  expect(items).toMatch(/mode 104755 links 2 /);
  expect(items).not.toContain('lost+found');
  expect(items).toMatch(/INODE_ITEM 0\)[^]*?atime 1700000000\.0/);
});

it('gives the top directory the mode and the owner that it is told', async () => {
  await using folder = await sample();
  const top = async (name: string, more: Partial<BtrfsRequest>) => {
    const { alone } = await write(folder, name, 'tree', 0, more);
    await ask('btrfs', 'check', '--readonly', '--check-data-csum', alone);
    const items = await ask('btrfs', 'inspect-internal', 'dump-tree', '-t', 'fs', alone);
    return /\(256 INODE_ITEM 0\)[^]*? (mode .*?) rdev/.exec(items)?.[1];
  };
  await chmod(folder.at('tree'), 0o750);
  expect(await top('plain', {})).toBe('mode 40755 links 1 uid 0 gid 0');
  const changes = { top: { mode: 0o1700, uid: 26, gid: 70_001 } };
  expect(await top('changed', changes)).toBe('mode 41700 links 1 uid 26 gid 70001');
});

it('tells why FUSE cannot be used here', async () => {
  await using folder = await sample();
  expect(fuseProblem()).toBeUndefined();
  expect(fuseProblem(folder.at('fuse'))).toMatchObject({
    what: `Btrfs is filled through FUSE, and ${folder.at('fuse')} cannot be opened.`,
    found: 'ENOENT',
  });
});

it.each(['fuse2fs', 'bwrap'])(
  'leaves nothing behind when %s has begun and the build is aborted',
  async (tool) => {
    await using folder = await sample();
    const controller = new AbortController();
    const own = createPorts({ emit: () => undefined, signal: controller.signal });
    const stopping: typeof run = async (argv, options) => {
      const running = own.run(argv, options);
      if (argv[0] !== tool) return await running;
      // It has mounted when it ends.
      if (tool === 'fuse2fs') await running;
      controller.abort();
      await running;
      return await own.run(argv, options);
    };
    await expect(write(folder, 'out', 'tree', 0, {}, stopping)).rejects.toMatchObject({
      kind: 'interrupted',
    });
    expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(folder.path);
    expect(await ask('find', folder.at('out.scratch'), '-mindepth', '1')).toBe('');
  },
);

it('leaves nothing behind, and refuses a partition that is too small', async () => {
  await using folder = await sample();
  await expect(write(folder, 'small', 'tree', -8 * MIB)).rejects.toMatchObject({
    diagnostics: [{ what: 'The partition is too small for a Btrfs of its content.' }],
  });
  expect(await ask('find', folder.at('small.scratch'), '-mindepth', '1')).toBe('');
  expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(folder.path);
});
