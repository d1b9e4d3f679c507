/** mkfs.btrfs writes what is read here; the tree that it was given judges, as find(1) and getfattr(1) tell of it. */
import { chmod, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { indexBlocks } from '../../../../artifacts/formats/block-index.js';
import { writeBtrfs } from '../../../../artifacts/formats/btrfs.js';
import { ITEM_TYPES, openNodes, sumOf } from '../../../../artifacts/formats/btrfs-read/nodes.js';
import { fileItems, readBtrfsTree } from '../../../../artifacts/formats/btrfs-read/tree.js';
import { smallestBtrfs } from '../../../../artifacts/formats/btrfs-size.js';
import { crc32c } from '../../../../artifacts/formats/crc32c.js';
import { MIB } from '../../../../artifacts/formats/disk-layout.js';
import { compareTrees } from '../../../../artifacts/formats/file-tree/compare.js';
import { streamContent } from '../../../../artifacts/formats/file-tree/content.js';
import { TIMES } from '../../../../artifacts/formats/file-tree/tree.js';
import type { Volume } from '../../../../artifacts/formats/file-tree/volume.js';
import { createSparse, readAt, writeAt } from '../../../../artifacts/formats/sparse.js';
import { treeEntries } from '../../../../artifacts/formats/tree-entries.js';
import { measureTree } from '../../../../artifacts/formats/tree-size.js';
import { Failure } from '../../../../base/failure.js';
import { shownName } from '../../../../base/utf8-name.js';
import { makeSampleTree } from '../sample-tree.js';
import { ports, run, type TestFolder, testFolder } from '../tools.js';

const OFFSET = 3 * MIB;
const EPOCH = 1_700_000_000;
const UUID = '44444444-5555-4666-8777-888888888888';
const KINDS: Readonly<Record<string, string>> = { f: 'file', d: 'directory', l: 'symlink', p: 'fifo' };

async function written(): Promise<TestFolder & { readonly image: string; readonly tree: string }> {
  const folder = await testFolder();
  const [tree, image, scratch] = [folder.at('tree'), folder.at('disk.img'), folder.at('scratch')];
  for (const path of [tree, scratch]) await mkdir(path);
  await makeSampleTree(tree);
  await run(['mkfifo', `${tree}/etc/fifo`], { doing: 'make a fifo' });
  await run(['chown', '-h', '1000:70000', `${tree}/etc/hosts`], { doing: 'give a file away' });
  await run(['setfattr', '-n', 'user.word', '-v', 'value', `${tree}/etc/hosts`], { doing: 'name it' });
  await write(tree, image, scratch);
  return { ...folder, image, tree };
}

async function write(tree: string, image: string, scratch: string): Promise<void> {
  const size = await measureTree(run, tree);
  const bytes = smallestBtrfs(size.dense);
  await createSparse(image, OFFSET + bytes);
  const request = { image, offset: OFFSET, bytes, label: 'root', uuid: UUID, size, epoch: EPOCH, scratch };
  await writeBtrfs(ports, { ...request, tree });
}

async function volume(image: string): Promise<Volume & AsyncDisposable> {
  const file = await open(image, 'r');
  return { file, offset: OFFSET, name: 'the image', [Symbol.asyncDispose]: () => file.close() };
}

it('reads every file as the tree has it', async () => {
  await using folder = await written();
  await using from = await volume(folder.image);
  const { files, inodes } = await readBtrfsTree(from);
  const listed = await treeEntries(run, folder.tree, { fields: ['P', 'y', 'm', 'U', 'G', 's', 'T@', 'n'] });
  expect(files.size).toBe(listed.length);
  for (const { P: path, y: type, m: mode, U: uid, G: gid, s: size, 'T@': time } of listed) {
    // What is no UTF-8 is judged by its bytes below.
    if (path.includes('\uFFFD')) continue;
    const file = files.get(`/${path}`);
    expect(file, path).toMatchObject({ type: KINDS[type], uid: Number(uid), gid: Number(gid) });
    expect(file?.mode.toString(8)).toBe(mode);
    const inode = inodes.get(file?.inode ?? 0);
    const modified = BigInt(Math.min(EPOCH, Math.floor(Number(time)))) * 1_000_000_000n;
    if (path !== '') expect(inode?.times[TIMES.indexOf('modification time')], path).toBe(modified);
    if (type !== 'f' || inode === undefined || file === undefined) continue;
    expect(file.size).toBe(Number(size));
    const pieces: Uint8Array[] = [];
    for await (const piece of streamContent(from, file.size, inode)) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(await readFile(`${folder.tree}/${path}`)), path).toBe(true);
  }
  expect(files.get('/usr/bin/su')?.inode).toBe(files.get('/usr/bin/su-too')?.inode);
  expect(files.get('/bin')?.target).toBe('usr/bin');
  expect(files.get('/etc/long-link')?.target).toBe('x'.repeat(100));
  expect(files.get('/usr/bin/ping')?.attributes).toEqual([
    'security.capability=0100000200200000000000000000000000000000',
  ]);
  expect(files.get('/etc/hosts')?.attributes).toEqual([`user.word=${Buffer.from('value').toString('hex')}`]);
});

it('tells which files of two of them differ: small ones, which stand among the metadata, and large ones', async () => {
  await using folder = await written();
  const [copy, image] = [folder.at('copy'), folder.at('other.img')];
  await run(['cp', '-a', folder.tree, copy], { doing: 'copy' });
  await writeFile(`${copy}/etc/hosts`, '127.0.0.1 localhosT\n');
  await writeAt(`${copy}/usr/bin/su`, 50_000, Buffer.from('!'));
  await writeFile(`${copy}/etc/new`, 'new\n');
  await chmod(`${copy}/tmp`, 0o700);
  await write(copy, image, folder.at('scratch'));
  const indexed = async (path: string) => {
    await using from = await volume(path);
    const tree = await readBtrfsTree(from);
    return { tree, index: await indexBlocks(path, ports), firstBlock: OFFSET / 4096 };
  };
  const { added, removed, changed } = compareTrees(await indexed(folder.image), await indexed(image));
  expect(added.map(({ path }) => path)).toEqual(['/etc/new']);
  expect(removed).toEqual([]);
  expect(changed.map(({ path, changes, block }) => [path, changes.map(({ what }) => what), block])).toEqual([
    ['/etc/hosts', ['content'], 0],
    ['/tmp', ['mode'], undefined],
    ['/usr/bin/su', ['content'], 12],
    ['/usr/bin/su-too', ['content'], 12],
  ]);
});

it('takes names for bytes', async () => {
  await using folder = await written();
  await using from = await volume(folder.image);
  const { files } = await readBtrfsTree(from);
  const bytes = [...files.values()].flatMap(({ pathBytes, path }) =>
    pathBytes === undefined ? [] : [[path, pathBytes] as const],
  );
  expect(bytes.length).toBeGreaterThan(0);
  for (const [path, raw] of bytes) {
    expect(path.endsWith(shownName(raw.subarray(raw.lastIndexOf(0x2f) + 1)))).toBe(true);
  }
});

it('refuses what is damaged, wherever that is, and says what it found', async () => {
  await using folder = await written();
  const superblock = await readAt(folder.image, OFFSET + 0x10000, 4096);
  const read = async () => {
    await using from = await volume(folder.image);
    return await readBtrfsTree(from);
  };
  const change = async (edit: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(superblock);
    edit(bytes);
    bytes.writeUInt32LE(~crc32c(0xffffffff, bytes.subarray(32)) >>> 0);
    await writeAt(folder.image, OFFSET + 0x10000, bytes);
  };
  for (const edit of [
    (bytes: Buffer) => bytes.write('nothing!', 0x40),
    // The tree of trees, and that of chunks.
    (bytes: Buffer) => bytes.writeBigUInt64LE(2n ** 60n, 0x50),
    (bytes: Buffer) => bytes.writeBigUInt64LE(4096n, 0x58),
    (bytes: Buffer) => bytes.writeUInt32LE(0xffffffff, 0x94),
    (bytes: Buffer) => bytes.writeUInt32LE(0, 0xa0),
  ]) {
    await change((bytes) => void edit(bytes));
    await expect(read()).rejects.toMatchObject({
      kind: 'integrity',
      diagnostics: [{ what: 'The file system in the image cannot be read.' }],
    });
  }
  await writeAt(folder.image, OFFSET + 0x10000, superblock);
  await read();
  // A bit of a node, which its checksum finds.
  const chunks = Number(superblock.readBigUInt64LE(0x58));
  const node = await readAt(folder.image, OFFSET + chunks, 4096);
  node[200] = (node[200] ?? 0) ^ 1;
  await writeAt(folder.image, OFFSET + chunks, node);
  await expect(read()).rejects.toMatchObject({
    diagnostics: [{ expected: expect.stringMatching(/^crc32c \w+ of the node at \d+$/) as string }],
  });
});

it('refuses keys out of order, and contents that no chunk holds', async () => {
  await using folder = await written();
  const open = async () => {
    await using from = await volume(folder.image);
    const nodes = await openNodes(from);
    let root = 0;
    for await (const { object, type, bytes } of nodes.items(nodes.root))
      if (object === 5 && type === ITEM_TYPES.root)
        root = nodes.place(Number(bytes.readBigUInt64LE(176)), 16_384);
    for await (const { type, bytes, at, node } of fileItems(from, nodes))
      if (type === ITEM_TYPES.extent && bytes[20] === 1) return { root, node: node.at, extent: at - node.at };
    throw new Error('no extent');
  };
  const places = await open();
  const refusal = async (at: number, edit: (node: Buffer) => void) => {
    const right = await readAt(folder.image, OFFSET + at, 16_384);
    const bytes = Buffer.from(right);
    edit(bytes);
    bytes.writeUInt32LE(sumOf(bytes));
    await writeAt(folder.image, OFFSET + at, bytes);
    await using from = await volume(folder.image);
    const failure = await readBtrfsTree(from).then(() => undefined, Failure.from);
    await writeAt(folder.image, OFFSET + at, right);
    return failure?.diagnostics[0]?.expected;
  };
  // The highest node has more than one below it; a pointer has 33 bytes, behind a header of 101.
  const twice = (node: Buffer) => void node.copy(node, 134, 101, 134);
  expect(await refusal(places.root, twice)).toMatch(/^items of the node at \d+ in the order of their keys$/);
  const renamed = (node: Buffer) => void node.writeUInt8((node[134] as number) ^ 1, 134);
  expect(await refusal(places.root, renamed)).toMatch(/^the node at \d+ to begin as the one above says$/);
  const long = (node: Buffer) => void node.writeBigUInt64LE(2n ** 40n, places.extent + 45);
  expect(await refusal(places.node, long)).toMatch(/^a chunk that holds 1099511627776 bytes at byte \d+$/);
});
