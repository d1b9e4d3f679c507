import { expect, it } from 'vitest';
import type { FileEntry } from '../../artifacts/formats/file-tree/tree.js';
import type { ReleaseDiff } from '../../artifacts/release/compare/release-diff.js';
import { diffLines } from '../../cli/render/diff.js';
import { plainStyle } from '../../cli/render/style.js';

const surroundings = { style: plainStyle, cwd: '/home/u', all: false };

const SAME: ReleaseDiff = {
  same: false,
  old: { path: '/home/u/out/tiny/releases/old', digest: 'a'.repeat(64) },
  new: { path: '/home/u/out/tiny/latest', digest: 'b'.repeat(64) },
  origin: [],
  packages: { added: [], removed: [], changed: [] },
  kernel: [],
  boot: [],
  disk: [],
  filesystems: [],
};

const file = (path: string, more: Partial<FileEntry> = {}): FileEntry => ({
  ...{ path, inode: 12, type: 'file', mode: 0o644, uid: 0, gid: 0, size: 1500, attributes: [] },
  ...more,
});
const directory = (path: string) => file(path, { type: 'directory', mode: 0o755, size: 4096 });

const HEAD = [
  'Old  out/tiny/releases/old  sha256 aaaaaaaaaaaaaaaa',
  `New  out/tiny/latest        sha256 ${'b'.repeat(16)}`,
  '',
];

it('is one line when the releases are the same', () => {
  expect(diffLines({ ...SAME, same: true }, surroundings)).toEqual([
    `The same release: sha256 ${'b'.repeat(64)}`,
  ]);
});

it('names what is the same', () => {
  expect(diffLines(SAME, surroundings)).toEqual([
    ...HEAD,
    'Packages  the same',
    '',
    'Boot  the same',
    '',
    'Disk  the same',
    '',
    'LUN image  the same',
  ]);
});

it('shows what differs, by subject', () => {
  const diff: ReleaseDiff = {
    ...SAME,
    origin: [{ what: 'version of the recipe', old: '1.2.0', new: '1.3.0' }],
    packages: {
      added: [{ name: 'less', version: '590-2', architecture: 'amd64' }],
      removed: [{ name: 'vim-tiny', version: '2:9.0', architecture: 'amd64' }],
      changed: [{ name: 'systemd', architecture: 'amd64', old: '252.1', new: '252.39-1~deb12u2' }],
    },
    kernel: [{ what: 'command line', old: 'quiet', new: 'quiet splash' }],
    boot: [
      {
        path: 'boot/sanboot.ipxe',
        old: { bytes: 15, digest: `sha256:${'1'.repeat(64)}` },
        new: { bytes: 22, digest: `sha256:${'2'.repeat(64)}` },
        lines: ['@@ -1,2 +1,2 @@', ' #!ipxe', '-sanboot', '+sanboot --keep\u001b[2J'],
      },
      { path: 'dtb', new: { bytes: 9000, digest: `sha256:${'3'.repeat(64)}` } },
      {
        path: 'initrd.img',
        old: { bytes: 31_400_000, digest: `sha256:${'4'.repeat(64)}` },
        new: { bytes: 31_500_000, digest: `sha256:${'5'.repeat(64)}` },
        members: { added: ['bin/a'], removed: [], changed: Array.from({ length: 12 }, (_, at) => `m${at}`) },
      },
    ],
    disk: [{ what: 'UUID of partition root', old: 'u-1', new: 'u-2' }],
    filesystems: [
      {
        partition: 'root',
        mount: '/',
        added: [
          file('/bin', { type: 'symlink', target: 'usr/bin' }),
          file('/dev/sda', { type: 'block device', mode: 0o660, device: '8:1' }),
          directory('/opt/a'),
          file('/opt/a/1'),
          directory('/opt/a/b'),
          file('/opt/a/b/2'),
          file('/opt/a-b'),
        ],
        removed: [file('/usr/bin/vi', { mode: 0o4755, uid: 1000, gid: 50 })],
        changed: [
          {
            path: '/etc/passwd',
            type: 'file',
            changes: [{ what: 'mode', old: '0644', new: '0600' }, { what: 'content' }],
            block: 0,
          },
          {
            path: '/etc/motd',
            type: 'file',
            changes: [{ what: 'size', old: '1500', new: '2500' }],
            block: 0,
          },
          {
            path: '/etc/tiny',
            type: 'file',
            changes: [{ what: 'size', old: '10001', new: '10002' }],
            block: 2,
          },
        ],
      },
    ],
    blocks: {
      blockBytes: 4096,
      old: { bytes: 4 * 2 ** 30, nonZeroBlocks: 1000, nonZeroBytes: 4_096_000 },
      new: { bytes: 5 * 2 ** 30, nonZeroBlocks: 1100, nonZeroBytes: 4_505_600 },
      unchanged: 700,
      moved: 300,
      added: 100,
    },
  };
  expect(diffLines(diff, surroundings)).toEqual([
    ...HEAD,
    'Origin',
    '  ~ version of the recipe  1.2.0 -> 1.3.0',
    '',
    'Packages  1 added, 1 removed, 1 changed',
    '  + less      590-2                      amd64',
    '  - vim-tiny  2:9.0                      amd64',
    '  ~ systemd   252.1 -> 252.39-1~deb12u2  amd64',
    '',
    'Boot',
    '  ~ command line       quiet -> quiet splash',
    '  ~ boot/sanboot.ipxe  15 B -> 22 B',
    '      @@ -1,2 +1,2 @@',
    '       #!ipxe',
    '      -sanboot',
    '      +sanboot --keep',
    '  + dtb                9.00 kB, sha256 3333333333333333',
    '  ~ initrd.img         31.4 MB -> 31.5 MB, sha256 4444444444444444 -> 5555555555555555, members: 1 added, 12 changed',
    '      + bin/a',
    ...Array.from({ length: 10 }, (_, at) => `      ~ m${at}`),
    '      … and 2 more changed: --files lists them all',
    '',
    'Disk',
    '  ~ UUID of partition root  u-1 -> u-2',
    '',
    'Files of /  7 added, 1 removed, 3 changed',
    '  + /bin      -> usr/bin',
    '  + /dev/sda  block device 0660 0:0 8:1',
    '  + /opt/a/   directory 0755 0:0, 3 files below it, 3.00 kB',
    '  + /opt/a-b  0644 0:0, 1.50 kB',
    '  - /usr/bin/vi  4755 1000:50, 1.50 kB',
    '  ~ /etc/passwd  mode 0644 -> 0600, content',
    '  ~ /etc/motd    size 1.50 kB -> 2.50 kB',
    '  ~ /etc/tiny    size 10001 B -> 10002 B',
    '',
    'LUN image  in blocks of 4 KiB',
    '  old                4 GiB, of which 4.10 MB are not zero',
    '  new                5 GiB, of which 4.51 MB are not zero',
    '  at the same place  700 blocks, 2.87 MB',
    '  at another place   300 blocks, 1.23 MB',
    '  new content        100 blocks, 410 kB',
  ]);
});

it('lists the first of many files, or all when asked to', () => {
  const added = Array.from({ length: 45 }, (_, at) => file(`/f${String(at).padStart(2, '0')}`));
  const diff = { ...SAME, filesystems: [{ partition: 'data', added, removed: [], changed: [] }] };
  const lines = (all: boolean) => diffLines(diff, { ...surroundings, all }).slice(9, -2);
  expect(lines(false)).toHaveLength(42);
  expect(lines(false)[0]).toBe('Files of partition data  45 added');
  expect(lines(false)[41]).toBe('  … and 5 more added: --files lists them all');
  expect(lines(true)).toHaveLength(46);
  expect(lines(true).at(-1)).toBe('  + /f44  0644 0:0, 1.50 kB');
});
