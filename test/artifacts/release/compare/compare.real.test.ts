/** Two releases that should be the same: what is said of each way in which they are not. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeCpio } from '../../../../artifacts/formats/cpio.js';
import { writeAt } from '../../../../artifacts/formats/sparse.js';
import { compareReleases } from '../../../../artifacts/release/compare/compare.js';
import { describeDifference } from '../../../../artifacts/release/compare/not-the-same.js';
import { ask, ports, type TestFolder, testFolder } from '../../formats/tools.js';
import { DISK, MIB, ROOT, type SmallRelease, smallRelease, TREE } from './small-release.js';

/** The differences between a release and one that is made in another way. */
async function differences(folder: TestFolder, other: SmallRelease, first: SmallRelease = {}) {
  const a = await smallRelease(folder.at('a'), first);
  const b = await smallRelease(folder.at('b'), other);
  return { a, found: await compareReleases(a, b, ports) };
}

const write = (at: number, bytes: string) => (image: string) => writeAt(image, at, Buffer.from(bytes));

it('finds none in two builds of the same', async () => {
  await using folder = await testFolder();
  expect((await differences(folder, {})).found).toEqual([]);
});

/** [what is altered, how, what is said of it] */
const ALTERED: readonly (readonly [
  string,
  SmallRelease,
  { part: string; expected: string; found: string; path: string },
])[] = [
  [
    'the mode of a file',
    { alter: ['sif /etc/hosts mode 0100600'] },
    { part: 'mode of /etc/hosts', path: '/etc/hosts', expected: '0644', found: '0600' },
  ],
  [
    'the owner of a directory',
    { alter: ['sif /etc uid 1000', 'sif /etc gid 70000'] },
    { part: 'owner of /etc', path: '/etc', expected: '0:0', found: '1000:70000' },
  ],
  [
    'the content of a file',
    { tree: { ...TREE, 'etc/motd': 'hallo\n' } },
    {
      part: 'content of /etc/motd at its byte 1',
      path: '/etc/motd',
      expected: '"ello\\n"',
      found: '"allo\\n"',
    },
  ],
  [
    'a late block of a file',
    { tree: { ...TREE, 'usr/lib/big': `${'library '.repeat(2999)}Library ` } },
    {
      part: 'content of /usr/lib/big at its byte 23992',
      path: '/usr/lib/big',
      expected: '"library "',
      found: '"Library "',
    },
  ],
  [
    'the size of a file',
    { tree: { ...TREE, 'etc/motd': 'hello, you\n' } },
    {
      part: 'content of /etc/motd at its byte 5',
      path: '/etc/motd',
      expected: '"\\n"',
      found: '", you\\n"',
    },
  ],
  [
    'the target of a link',
    { tree: { ...TREE, 'etc/localtime': '-> /usr/share/zoneinfo/CET' } },
    {
      part: 'target of /etc/localtime',
      path: '/etc/localtime',
      expected: '/usr/share/zoneinfo/UTC',
      found: '/usr/share/zoneinfo/CET',
    },
  ],
  [
    'a file that is missing',
    { alter: ['rm /etc/motd'] },
    { part: '/etc/motd', path: '/etc/motd', expected: 'file 0644 0:0, 6 bytes', found: 'no such file' },
  ],
  [
    'an extended attribute',
    { alter: ['ea_set /etc/motd user.x 1'] },
    { part: 'attributes of /etc/motd', path: '/etc/motd', expected: 'none', found: 'user.x=31' },
  ],
  ...(['access', 'change', 'modification', 'creation'] as const).map(
    (name) =>
      [
        `a time: ${name}`,
        {
          alter: [
            `sif /etc/hosts ${{ creation: 'crtime' }[name as 'creation'] ?? `${name[0]}time`} @1700000001`,
          ],
        },
        {
          part: `${name} time of /etc/hosts`,
          path: '/etc/hosts',
          expected: '2023-11-14T22:13:20Z',
          found: '2023-11-14T22:13:21Z',
        },
      ] as const,
  ),
  [
    'access times of several files',
    { alter: ['sif /etc/hosts atime @1700000001', 'sif /etc/motd atime_extra 400'] },
    {
      part: 'access time of /etc/hosts and of 1 more',
      path: '/etc/hosts',
      expected: '2023-11-14T22:13:20Z',
      found: '2023-11-14T22:13:21Z',
    },
  ],
  [
    'nanoseconds',
    { alter: ['sif /etc/motd mtime_extra 400'] },
    {
      part: 'modification time of /etc/motd',
      path: '/etc/motd',
      expected: '2023-11-14T22:13:20Z',
      found: '2023-11-14T22:13:20.000000100Z',
    },
  ],
];

it.each(ALTERED)('names %s', async (_, other, said) => {
  await using folder = await testFolder();
  const { found } = await differences(folder, other);
  const partition = { number: 3, name: 'root' };
  expect(found).toEqual([{ role: 'lun-image', file: 'disk.img', partition, ...said }]);
});

it.each([
  ['the superblock', ROOT + 1024 + 0x2c],
  ['a byte before the superblock', ROOT + 7],
  ['a byte in free space', 23 * MIB - 1],
])('tells of the first byte of %s, which is in no file', async (_, offset) => {
  await using folder = await testFolder();
  const { found } = await differences(folder, { poke: write(offset, 'x') });
  expect(found).toMatchObject([
    {
      ...{ role: 'lun-image', file: 'disk.img', offset, blocks: 1 },
      ...{ partition: { number: 3, name: 'root' }, part: 'ext4 outside of its files' },
    },
  ]);
});

it('names what lies outside file systems', async () => {
  await using folder = await testFolder();
  const pokes = [441, 1024, MIB - 1, 2 * MIB, 5 * 512 * 1000, ROOT - MIB / 2, 24 * MIB - 512];
  const { found } = await differences(folder, {
    poke: async (image) => {
      for (const at of pokes) await write(at, '!')(image);
    },
  });
  expect(found.map(describeDifference)).toEqual([
    'disk.img: partition table or boot code, before partition 1 (bios) differs (byte 441, 2 blocks).',
    'disk.img differs (partition 2 (swap), byte 2097152, 3 blocks).',
    'disk.img: what lies behind the last partition differs (byte 25165312).',
  ]);
});

it('tells of a new UUID', async () => {
  await using folder = await testFolder();
  const uuid = '55555555-1111-4111-8111-111111111111';
  const partitions = DISK.partitions.map((each) =>
    each.name === 'root' ? { ...each, filesystemUuid: uuid } : each,
  );
  const { found } = await differences(folder, { disk: { ...DISK, partitions } });
  expect(found.map(({ file, part, expected, found: now }) => [file, part, expected, now])).toEqual([
    ['disk.img', 'ext4 outside of its files', expect.any(String), expect.any(String)],
    [
      'manifest.json',
      'disk.partitions[2].filesystemUuid',
      '"44444444-1111-4111-8111-111111111111"',
      `"${uuid}"`,
    ],
  ]);
});

it('names the directory with files of one release alone, and leaves out what only moved', async () => {
  await using folder = await testFolder();
  const files = Array.from({ length: 50 }, (_, file) => [`a/${file}`, 'new '.repeat(2000)] as const);
  const { found } = await differences(folder, { tree: { ...Object.fromEntries(files), ...TREE } });
  expect(found.map(({ part, expected, found: now }) => [part, expected, now])).toEqual([
    ['/a', 'no such file', 'directory 0755 0:0, 4096 bytes with 50 files below it'],
  ]);
});

it('tells of files that are the same but stand elsewhere', async () => {
  await using folder = await testFolder();
  const [one, two] = [folder.at('one'), folder.at('two')];
  await writeFile(one, 'one\n');
  await writeFile(two, 'two\n');
  const { found } = await differences(
    folder,
    { alter: [`write ${two} y`, `write ${one} x`] },
    { alter: [`write ${one} x`, `write ${two} y`] },
  );
  expect(found.map(({ part }) => part)).toEqual(['ext4 outside of its files']);
});

it('names the line of a text, and the file that one release has alone', async () => {
  await using folder = await testFolder();
  const { found } = await differences(
    folder,
    { boot: { 'boot/sanboot.ipxe': '#!ipxe\nsanboot --keep\n' } },
    { boot: { 'boot/cmdline.san': 'quiet\n' } },
  );
  expect(found).toEqual([
    { role: 'command-line', file: 'boot/cmdline.san', expected: '6 bytes', found: 'no such file' },
    {
      role: 'ipxe-script',
      file: 'boot/sanboot.ipxe',
      offset: 14,
      line: 2,
      expected: '"sanboot"',
      found: '"sanboot --keep"',
    },
  ]);
});

it('names the byte of a kernel', async () => {
  await using folder = await testFolder();
  const { found } = await differences(folder, { boot: { vmlinuz: Buffer.alloc(998, '\0kernel') } });
  expect(found).toEqual([
    { role: 'kernel', file: 'vmlinuz', offset: 998, expected: '"ne"', found: 'the end of the file' },
  ]);
});

it('names the member of a compressed initramfs', async () => {
  await using folder = await testFolder();
  const common = { mode: 0o755, uid: 0, gid: 0 } as const;
  const initramfs = async (name: string, text: string, mtime: number) => {
    const entries = [
      { path: 'bin', type: 'directory', ...common },
      { path: 'bin/sh', type: 'file', content: Buffer.from(text), ...common },
    ] as const;
    const plain = folder.at(name);
    await writeFile(plain, writeCpio(entries, mtime));
    await ask('zstd', '-q', plain);
    const bytes = await readFile(`${plain}.zst`);
    return { boot: { 'initrd.img': Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]) } };
  };
  const first = await initramfs('one', 'shell', 1);
  const { found } = await differences(folder, await initramfs('two', 'spell', 1), first);
  expect(found).toMatchObject([
    {
      role: 'initramfs',
      file: 'initrd.img',
      part: 'content of member bin/sh at its byte 1',
      path: 'bin/sh',
      expected: '"hell"',
      found: '"pell"',
    },
  ]);
});

it('does not take a digest for a difference of bytes', async () => {
  await using folder = await testFolder();
  const a = await smallRelease(folder.at('a'));
  const artifacts = a.manifest.artifacts.map((file) => ({ ...file, digest: `sha256:${'1'.repeat(64)}` }));
  const wrong = { ...a, digest: '0'.repeat(64), manifest: { ...a.manifest, artifacts } };
  const found = await compareReleases(a, wrong, ports);
  expect(found.map(({ file, part }) => `${file}: ${part}`)).toEqual([
    'boot/sanboot.ipxe: its digest in the manifest',
    'disk.img: its digest in the manifest',
    'vmlinuz: its digest in the manifest',
  ]);
});

it('fails when a file of a release is missing', async () => {
  await using folder = await testFolder();
  const a = await smallRelease(folder.at('a'));
  const b = await smallRelease(folder.at('b'), { alter: ['rm /etc/motd'] });
  await rm(join(b.path, 'disk.img'));
  await expect(compareReleases(a, b, ports)).rejects.toMatchObject({
    kind: 'integrity',
    diagnostics: [
      {
        what: `The release ${b.path} is damaged.`,
        expected: 'the files that its manifest describes',
        found: 'disk.img: missing',
        hint: 'Build it again.',
      },
    ],
  });
});
