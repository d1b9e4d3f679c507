import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { Command } from '@commander-js/extra-typings';
import { expect, it } from 'vitest';
import { writeCpio } from '../../artifacts/formats/cpio.js';
import type { ReleaseDiff } from '../../artifacts/release/compare/release-diff.js';
import { addDiffCommand } from '../../cli/commands/diff.js';
import { openSession } from '../../cli/session.js';
import { ask, type TestFolder, testFolder } from '../artifacts/formats/tools.js';
import { DISK, MIB, smallRelease, TREE } from '../artifacts/release/compare/small-release.js';
import { pipes } from './fake-terminal.js';

async function diff(folder: TestFolder, ...args: string[]): Promise<string> {
  const terminal = { ...pipes(), cwd: folder.path };
  const program = new Command().exitOverride();
  addDiffCommand(program, openSession(terminal, new AbortController().signal));
  await program.parseAsync(['diff', ...args], { from: 'user' });
  expect(terminal.err()).toBe('');
  return terminal.out();
}

function initramfs(text: string): Buffer {
  const common = { mode: 0o755, uid: 0, gid: 0 } as const;
  return writeCpio([{ path: 'init', type: 'file', content: Buffer.from(text), ...common }]);
}

/** Two releases that differ in everything that is compared. */
async function pair(folder: TestFolder) {
  const old = await smallRelease(folder.at('old'), { boot: { 'initrd.img': initramfs('one') } });
  const kernel = { version: '6.1.0-9-amd64', commandLine: 'root=UUID=1 console=ttyS0,9600' };
  const packages = [
    { name: 'dash', version: '0.5.12-6', architecture: 'amd64' },
    { name: 'less', version: '590-2', architecture: 'amd64' },
  ];
  const { 'etc/motd': _gone, ...kept } = TREE;
  const now = await smallRelease(folder.at('new'), {
    disk: { ...DISK, bytes: 32 * MIB },
    tree: { ...kept, 'etc/hosts': '127.0.0.2 localhost\n', 'opt/a/1': 'a', 'opt/a/2': 'ab' },
    alter: ['sif /etc/localtime uid 7'],
    boot: { 'boot/sanboot.ipxe': '#!ipxe\nsanboot --keep\n', 'initrd.img': initramfs('two') },
    manifest: { kernel, packages },
  });
  return { old, now };
}

it('shows what an update brings', async () => {
  await using folder = await testFolder();
  const { old, now } = await pair(folder);
  const lines = (await diff(folder, 'old', 'new')).split('\n');
  const sha = (release: typeof old, path: string) =>
    release.manifest.artifacts.find((file) => file.path === path)?.digest.slice(7, 23);
  expect(lines.slice(0, lines.indexOf('LUN image  in blocks of 4 KiB'))).toEqual([
    `Old  old  sha256 ${old.digest.slice(0, 16)}`,
    `New  new  sha256 ${now.digest.slice(0, 16)}`,
    '',
    'Packages  1 added, 1 removed, 1 changed',
    '  + less     590-2                 amd64',
    '  - systemd  252.1                 amd64',
    '  ~ dash     0.5.12-2 -> 0.5.12-6  amd64',
    '',
    'Boot',
    '  ~ command line       root=UUID=1 console=ttyS0,115200 -> root=UUID=1 console=ttyS0,9600',
    '  ~ boot/sanboot.ipxe  15 B -> 22 B',
    '      @@ -1,2 +1,2 @@',
    '       #!ipxe',
    '      -sanboot',
    '      +sanboot --keep',
    `  ~ initrd.img         512 B, sha256 ${sha(old, 'initrd.img')} -> ${sha(now, 'initrd.img')}, members: 1 changed`,
    '      ~ init',
    '',
    'Disk',
    '  ~ size                    24 MiB -> 32 MiB',
    '  ~ size of partition root  19 MiB -> 27 MiB',
    '',
    'Files of /  4 added, 1 removed, 2 changed',
    '  + /opt/  directory 0755 0:0, 3 files below it, 3 B',
    '  - /etc/motd  0644 0:0, 6 B',
    '  ~ /etc/hosts      content',
    '  ~ /etc/localtime  owner 0:0 -> 7:0',
    '',
  ]);
});

it('prints all of it as one JSON document', async () => {
  await using folder = await testFolder();
  const { now } = await pair(folder);
  const document = JSON.parse(await diff(folder, 'old', 'new', '--json')) as ReleaseDiff;
  expect(document).toMatchObject({
    same: false,
    new: { path: now.path, digest: now.digest },
    packages: { changed: [{ name: 'dash', architecture: 'amd64', old: '0.5.12-2', new: '0.5.12-6' }] },
    filesystems: [
      {
        ...{ partition: 'root', mount: '/' },
        added: [{ path: '/opt' }, { path: '/opt/a' }, { path: '/opt/a/1', size: 1 }, { path: '/opt/a/2' }],
        removed: [{ path: '/etc/motd', type: 'file', mode: 0o644, size: 6 }],
        changed: [
          { path: '/etc/hosts', changes: [{ what: 'content' }], block: 0 },
          { path: '/etc/localtime', changes: [{ what: 'owner', old: '0:0', new: '7:0' }] },
        ],
      },
    ],
  });
  const { blocks } = document;
  const whole = (blocks?.unchanged ?? 0) + (blocks?.moved ?? 0) + (blocks?.added ?? 0);
  expect(whole).toBe(blocks?.new.nonZeroBlocks);
  expect(blocks?.old.bytes).toBe(24 * MIB);
});

it('knows the same release by whatever path', async () => {
  await using folder = await testFolder();
  const { digest } = await smallRelease(folder.at('old'));
  await symlink('old', folder.at('latest'));
  expect(await diff(folder, 'old', 'latest')).toBe(`The same release: sha256 ${digest}\n`);
  const document = JSON.parse(await diff(folder, 'old', 'latest', '--json')) as ReleaseDiff;
  expect(document).toMatchObject({ same: true, boot: [], filesystems: [], disk: [] });
});

it('reads no image when only boot artifacts differ', async () => {
  await using folder = await testFolder();
  await smallRelease(folder.at('old'));
  await smallRelease(folder.at('new'), { boot: { 'boot/sanboot.ipxe': '#!ipxe\nexit\n' } });
  await rm(folder.at('old/disk.img'));
  expect((await diff(folder, 'old', 'new')).split('\n').slice(-4)).toEqual([
    'Disk  the same',
    '',
    'LUN image  the same',
    '',
  ]);
});

it('shows a member of an archive that zstd has compressed, and nothing of one that cannot be unpacked', async () => {
  await using folder = await testFolder();
  for (const text of ['one', 'two']) {
    await writeFile(folder.at(text), initramfs(text));
    await ask('zstd', '-q', folder.at(text));
  }
  const early = writeCpio([{ path: 'kernel', type: 'directory', mode: 0o755, uid: 0, gid: 0 }]);
  const [one, two] = [await readFile(folder.at('one.zst')), await readFile(folder.at('two.zst'))];
  await smallRelease(folder.at('a'), { boot: { 'initrd.img': Buffer.concat([early, one]) } });
  await smallRelease(folder.at('b'), {
    boot: { 'initrd.img': Buffer.concat([early, two, Buffer.alloc(3)]) },
  });
  await smallRelease(folder.at('c'), { boot: { 'initrd.img': Buffer.from('no archive\0') } });
  const members = async (name: string) =>
    (JSON.parse(await diff(folder, 'a', name, '--json')) as ReleaseDiff).boot[0]?.members;
  expect(await members('b')).toEqual({ added: [], removed: [], changed: ['init'] });
  expect(await members('c')).toBeUndefined();
});

it('refuses what is no release, and a disk that cannot be read', async () => {
  await using folder = await testFolder();
  await mkdir(folder.at('empty'));
  await smallRelease(folder.at('old'));
  await expect(diff(folder, 'old', 'empty')).rejects.toMatchObject({
    kind: 'usage',
    diagnostics: [{ what: `${folder.at('empty')} is not a release.` }],
  });
  const wipe = async (image: string) => {
    await ask(
      'dd',
      'if=/dev/zero',
      `of=${image}`,
      'bs=1M',
      'seek=4',
      'count=1',
      'conv=notrunc',
      'status=none',
    );
  };
  const { path } = await smallRelease(folder.at('new'), { poke: wipe });
  await expect(diff(folder, 'old', 'new')).rejects.toMatchObject({
    kind: 'integrity',
    diagnostics: [
      {
        what: `The file system in partition 3 (root) of ${path}/disk.img cannot be read.`,
        expected: 'an ext4 superblock',
        found: 'magic 0x0',
        hint: 'Check the release with `npx lunsmith inspect`, or build it again.',
      },
    ],
  });
});
