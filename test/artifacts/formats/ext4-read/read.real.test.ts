/** mke2fs and debugfs write what is read here; the tree that they were given judges. */
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeExt4 } from '../../../../artifacts/formats/ext4.js';
import { readExt4Tree } from '../../../../artifacts/formats/ext4-read/tree.js';
import { ext4Geometry } from '../../../../artifacts/formats/ext4-size.js';
import { readContent } from '../../../../artifacts/formats/file-tree/content.js';
import type { Volume } from '../../../../artifacts/formats/file-tree/volume.js';
import { createSparse, writeAt } from '../../../../artifacts/formats/sparse.js';
import { measureTree } from '../../../../artifacts/formats/tree-size.js';
import { shownName, utf8Name } from '../../../../base/utf8-name.js';
import { makeSampleTree } from '../sample-tree.js';
import { ask, run, type TestFolder, testFolder } from '../tools.js';

const MIB = 1024 * 1024;
const OFFSET = 3 * MIB;
const BYTES = 200 * MIB;

async function volume(image: string): Promise<Volume & AsyncDisposable> {
  const file: FileHandle = await open(image, 'r');
  return { file, offset: OFFSET, name: 'the image', [Symbol.asyncDispose]: () => file.close() };
}

/** A tree with a directory that needs an index, and a file of 400 islands, whose extents fill more than one block. */
async function makeTree(root: string): Promise<void> {
  await mkdir(root);
  await makeSampleTree(root);
  await mkdir(join(root, 'many'));
  for (let file = 0; file < 700; file += 1) {
    await writeFile(join(root, 'many', `a file with a long name ${file}`), '');
  }
  await createSparse(join(root, 'islands'), 5 * MIB);
  for (let island = 0; island < 400; island += 1) {
    await writeAt(join(root, 'islands'), island * 3 * 4096, Buffer.alloc(4096, `${island} `));
  }
}

async function ext4(folder: TestFolder): Promise<string> {
  const [tree, image] = [folder.at('tree'), folder.at('disk.img')];
  await makeTree(tree);
  await createSparse(image, OFFSET + BYTES);
  const geometry = ext4Geometry(BYTES, await measureTree(run, tree), { reservedPercent: 1 });
  const uuid = '44444444-5555-4666-8777-888888888888';
  const place = { image, offset: OFFSET, label: 'root', uuid, reservedPercent: 1, epoch: 1_700_000_000 };
  await writeExt4(run, { ...place, tree, geometry });
  return image;
}

async function alter(image: string, ...requests: string[]): Promise<void> {
  for (const request of requests) await ask('debugfs', '-w', '-R', request, `${image}?offset=${OFFSET}`);
}

const TYPES: readonly (readonly [format: number, type: string])[] = [
  [0o040000, 'directory'],
  [0o100000, 'file'],
  [0o120000, 'symlink'],
];

/** What lstat says of every path of a tree, by the path as it is shown. */
async function facts(root: string): Promise<Map<string, object>> {
  const found = new Map<string, object>();
  const paths = [Buffer.from('/')];
  for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
    const place = Buffer.concat([Buffer.from(root), path]);
    const { mode, uid, gid, size } = await lstat(place);
    const type = TYPES.find(([format]) => (mode & 0o170000) === format)?.[1];
    const target = type === 'symlink' ? { target: await readlink(place) } : {};
    // The size of a directory is a matter of the file system.
    const bytes = type === 'directory' ? {} : { size };
    found.set(utf8Name(path) ?? shownName(path), {
      type,
      mode: mode & 0o7777,
      uid,
      gid,
      ...bytes,
      ...target,
    });
    if (type !== 'directory') continue;
    const base = path.length === 1 ? path : Buffer.concat([path, Buffer.from('/')]);
    for (const name of await readdir(place, { encoding: 'buffer' })) paths.push(Buffer.concat([base, name]));
  }
  return found;
}

it('finds every file with its owner, mode, size, target and content', async () => {
  await using folder = await testFolder();
  const image = await ext4(folder);
  await using place = await volume(image);
  const { files, inodes } = await readExt4Tree(place);
  const expected = await facts(folder.at('tree'));
  expect([...files.keys()].filter((path) => path !== '/lost+found').sort()).toEqual(
    [...expected.keys()].sort(),
  );
  for (const [path, wanted] of expected) expect(files.get(path)).toMatchObject(wanted);
  expect(files.get('/usr/bin/ping')?.attributes).toEqual([
    'security.capability=0100000200200000000000000000000000000000',
  ]);
  const island = inodes.get(files.get('/islands')?.inode ?? 0);
  expect(island?.extents).toHaveLength(400);
  const whole = await readContent(place, 5 * MIB, island as NonNullable<typeof island>);
  expect(whole.subarray(399 * 3 * 4096, 399 * 3 * 4096 + 8).toString()).toBe('399 399 ');
  expect(whole.subarray(4096, 3 * 4096).every((byte) => byte === 0)).toBe(true);
  expect(files.get('/usr/bin/su')?.inode).toBe(files.get('/usr/bin/su-too')?.inode);
});

it('finds devices, pipes and large attributes', async () => {
  await using folder = await testFolder();
  const image = await ext4(folder);
  await writeFile(folder.at('value'), Buffer.alloc(900, 'v'));
  await alter(image, 'mknod sda b 8 1', 'mknod nvme c 259 300', 'mknod pipe p');
  await alter(image, `ea_set -f ${folder.at('value')} /etc/hosts user.long`, 'ea_set /etc/hosts user.b x');
  await using place = await volume(image);
  const { files } = await readExt4Tree(place);
  expect(files.get('/sda')).toMatchObject({ type: 'block device', device: '8:1' });
  expect(files.get('/nvme')).toMatchObject({ type: 'character device', device: '259:300' });
  expect(files.get('/pipe')).toMatchObject({ type: 'fifo' });
  expect(files.get('/etc/hosts')?.attributes).toEqual(['user.b=78', `user.long=${'76'.repeat(900)}`]);
});

it('reads files without extents', async () => {
  await using folder = await testFolder();
  await mkdir(folder.at('tree'));
  const content = Buffer.from(Array.from({ length: 6 * MIB }, (_, at) => (at >> 12) + 1));
  await writeFile(folder.at('tree/large'), content);
  await writeFile(folder.at('name'), '');
  await createSparse(folder.at('disk.img'), OFFSET + 32 * MIB);
  const features = ['-O', '^extent,^64bit,^metadata_csum', '-b', '4096', '-E', `offset=${OFFSET}`];
  await ask(
    'mke2fs',
    '-q',
    '-F',
    '-t',
    'ext4',
    ...features,
    '-d',
    folder.at('tree'),
    folder.at('disk.img'),
    '8192',
  );
  await using place = await volume(folder.at('disk.img'));
  const { files, inodes } = await readExt4Tree(place);
  const large = inodes.get(files.get('/large')?.inode ?? 0);
  expect(large?.hasExtents).toBe(false);
  const read = await readContent(place, 6 * MIB, large as NonNullable<typeof large>);
  expect(read.equals(content)).toBe(true);
});

it.each([
  ['no file system', async () => undefined, 'an ext4 superblock', 'magic 0x0'],
  [
    'other blocks',
    (image: string) => ask('mke2fs', '-q', '-F', '-b', '1024', '-E', `offset=${OFFSET}`, image, '8192'),
    'blocks of 4096 bytes',
    '1024 bytes',
  ],
  [
    'an unknown feature',
    (image: string) =>
      ask('mke2fs', '-q', '-F', '-b', '4096', '-O', 'inline_data', '-E', `offset=${OFFSET}`, image, '2048'),
    'features that are known here',
    'inline_data',
  ],
  [
    'an end that is missing',
    async (image: string) => {
      await ask('mke2fs', '-q', '-F', '-b', '4096', '-E', `offset=${OFFSET}`, image, '2048');
      await truncate(image, OFFSET + 100);
    },
    '1024 bytes at byte 1024',
    '0 bytes',
  ],
])('refuses %s', async (_, make, expected, found) => {
  await using folder = await testFolder();
  await createSparse(folder.at('disk.img'), OFFSET + 16 * MIB);
  await make(folder.at('disk.img'));
  await using place = await volume(folder.at('disk.img'));
  await expect(readExt4Tree(place)).rejects.toMatchObject({
    kind: 'integrity',
    diagnostics: [
      {
        what: 'The file system in the image cannot be read.',
        expected,
        found,
        hint: 'Check the release with `npx lunsmith inspect`, or build it again.',
      },
    ],
  });
});
