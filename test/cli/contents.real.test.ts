/** `ls`, `cat` and `extract` on a small release, beside what its files were made of. */
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeCpio } from '../../artifacts/formats/cpio.js';
import { readRelease } from '../../artifacts/release/release.js';
import { createCommandLine } from '../../cli/command-line.js';
import { ask, type TestFolder, testFolder } from '../artifacts/formats/tools.js';
import { DISK, smallRelease } from '../artifacts/release/compare/small-release.js';
import { pipes, terminalWindow } from './fake-terminal.js';

const BIG = 'library '.repeat(40_000);
const TREE = {
  'etc/hosts': '127.0.0.1 localhost\n',
  'etc/motd': '-> ../usr/lib/motd',
  'etc/loop': '-> loop2',
  'etc/loop2': '-> /etc/loop',
  'etc/esc\u001b[2J': 'x',
  lib: '-> usr/lib',
  'usr/lib/big': BIG,
  'usr/lib/motd': 'hello\n',
  'boot/efi/under': 'hidden by the partition',
  'boot/steers': 'a\u001b[2Jb\u202e\n',
};

let folder: TestFolder;
beforeAll(async () => {
  folder = await testFolder();
  const partitions = DISK.partitions.map((each) =>
    each.type === 'swap'
      ? ({
          ...each,
          type: 'esp',
          filesystem: 'vfat',
          filesystemUuid: 'ABCD-1234',
          mount: '/boot/efi',
        } as const)
      : each,
  );
  await smallRelease(folder.at('release'), {
    disk: { ...DISK, partitions },
    tree: TREE,
    alter: ['cd /etc', 'mknod tape c 9 1', 'sif hosts mode 0104750', 'sif hosts uid 7'],
    boot: { 'initrd.img': await initramfs(folder) },
  });
});
afterAll(() => folder[Symbol.asyncDispose]());

/** As a distribution has it: microcode as it is, then all else packed, with a hard link, by cpio(1) and zstd(1). */
async function initramfs({ at }: TestFolder): Promise<Buffer> {
  const common = { mode: 0o644, uid: 0, gid: 0 } as const;
  const early = writeCpio([
    { path: 'kernel', type: 'directory', ...common, mode: 0o755 },
    { path: 'kernel/microcode', type: 'file', content: Buffer.from('code'), ...common },
  ]);
  const script = `
    mkdir -p tree/usr/bin tree/etc && cd tree
    printf program > usr/bin/busybox && ln usr/bin/busybox usr/bin/sh && chmod 755 usr/bin/busybox
    ln -s usr/bin bin && : > etc/empty && printf '#!/bin/sh' > init
    find . | cpio --quiet -o -H newc --reproducible | zstd -q > ../packed`;
  await ask('sh', '-ec', `mkdir -p '${at('made')}'; cd '${at('made')}'; ${script}`);
  return Buffer.concat([early, await readFile(at('made/packed'))]);
}

async function call(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  const terminal = { ...pipes(), cwd: folder.path };
  const exitCode = await createCommandLine(terminal, new AbortController().signal).run(args);
  return { exitCode, out: terminal.out(), err: terminal.err() };
}

describe('ls', () => {
  it.each([
    [
      ['/'],
      [
        'drwxr-xr-x  0:0    boot/',
        'drwxr-xr-x  0:0    etc/',
        'lrwxrwxrwx  0:0    lib -> usr/lib',
        'drwx------  0:0    lost+found/',
        'drwxr-xr-x  0:0    usr/',
      ],
    ],
    [
      ['/etc'],
      [
        '-rw-r--r--  0:0  1 B   esc\\u001b[2J',
        '-rwsr-x---  7:0  20 B  hosts',
        'lrwxrwxrwx  0:0        loop -> loop2',
        'lrwxrwxrwx  0:0        loop2 -> /etc/loop',
        'lrwxrwxrwx  0:0        motd -> ../usr/lib/motd',
        'c---------  0:0  9:1   tape',
      ],
    ],
    [['lib/../lib'], ['-rw-r--r--  0:0  320 kB  big', '-rw-r--r--  0:0  6 B     motd']],
    [['/etc/motd'], ['-rw-r--r--  0:0  6 B  motd']],
    [
      ['/usr', '-R'],
      [
        'drwxr-xr-x  0:0          /usr/lib/',
        '-rw-r--r--  0:0  320 kB  /usr/lib/big',
        '-rw-r--r--  0:0  6 B     /usr/lib/motd',
      ],
    ],
    [
      ['initramfs:/'],
      [
        'lrwxrwxrwx  0:0       bin -> usr/bin',
        'drwxr-xr-x  0:0       etc/',
        '-rw-r--r--  0:0  9 B  init',
        'drwxr-xr-x  0:0       kernel/',
        'drwxr-xr-x  0:0       usr/',
      ],
    ],
  ])('%j', async (args, lines) => {
    const { exitCode, out, err } = await call('ls', 'release', ...args);
    expect([exitCode, out.trimEnd().split('\n'), err]).toEqual([0, lines, '']);
  });

  it('tells everything as JSON', async () => {
    const { out } = await call('ls', 'release', '/etc/hosts', '--json');
    expect(JSON.parse(out)).toEqual([
      { path: '/etc/hosts', type: 'file', mode: 0o4750, uid: 7, gid: 0, size: 20 },
    ]);
  });
});

describe('cat', () => {
  it.each([
    ['/etc/motd', 'hello\n'],
    ['/lib/big', BIG],
    ['initramfs:bin/sh', 'program'],
    ['initramfs:/bin/busybox', 'program'],
    ['initramfs:/etc/empty', ''],
    ['initramfs:/kernel/microcode', 'code'],
  ])('%s', async (path, text) => {
    expect(await call('cat', 'release', path)).toEqual({ exitCode: 0, out: text, err: '' });
  });

  it.each([
    ['/etc/hots', 'There is no /etc/hots in the release.', 'Did you mean `/etc/hosts`?'],
    ['/etc/hosts/x', 'There is no /etc/hosts/x in the release.', ''],
    ['/etc/loop', 'The symbolic links of /etc/loop lead in a circle.', ''],
    ['/etc', '/etc has no bytes to show.', 'npx lunsmith ls'],
    [
      '/boot/efi/under',
      '/boot/efi is a partition of its own, whose file system is not read here.',
      'mdir -/ -i disk.img@@2097152 ::',
    ],
    ['initramfs:/sbin/init', 'There is no /sbin/init in the release.', ''],
  ])('%s is refused', async (path, what, hint) => {
    const { exitCode, out, err } = await call('cat', 'release', path);
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain(what);
    expect(err).toContain(hint);
  });
});

it('shows on a terminal what would steer it', async () => {
  const terminal = { ...terminalWindow(80, 10), cwd: folder.path };
  const argv = ['cat', 'release', '/boot/steers'];
  expect(await createCommandLine(terminal, new AbortController().signal).run(argv)).toBe(0);
  expect(terminal.raw()).toBe('a\\u001b[2Jb\\u202e\n');
});

it('writes all of it to a pipe that is read slowly', () => {
  const argv = ['dist/cli/main.js', 'cat', folder.at('release'), '/usr/lib/big'];
  const { stdout, status } = spawnSync('node', argv, { encoding: 'utf8' });
  expect([status, stdout.length]).toEqual([0, BIG.length]);
});

describe('extract', () => {
  it('copies a directory with all that is below it', async () => {
    const { exitCode, out, err } = await call('extract', 'release', '/etc', 'etc');
    expect([exitCode, out, err]).toEqual([0, '2 files in etc, without 1 special file\n', '']);
    expect((await readdir(folder.at('etc'))).sort()).toEqual([
      'esc\u001b[2J',
      'hosts',
      'loop',
      'loop2',
      'motd',
    ]);
    // Permission bits, but none that would give others the caller's rights.
    expect((await stat(folder.at('etc/hosts'))).mode & 0o7777).toBe(0o750);
    expect(await readlink(folder.at('etc/motd'))).toBe('../usr/lib/motd');
  });

  it('copies one file, and the whole initramfs', async () => {
    await call('extract', 'release', '/lib/big', 'big');
    expect(await readFile(folder.at('big'), 'utf8')).toBe(BIG);
    await call('extract', 'release', 'initramfs:/', 'initramfs');
    // Only the microcode is not of the tree that was packed.
    expect(await readdir(folder.at('initramfs/kernel'))).toEqual(['microcode']);
    await ask('rm', '-r', folder.at('initramfs/kernel'));
    expect(await ask('diff', '-r', '--no-dereference', folder.at('made/tree'), folder.at('initramfs'))).toBe(
      '',
    );
  });

  it('replaces nothing', async () => {
    const { exitCode, err } = await call('extract', 'release', '/usr', 'made');
    expect([exitCode, err.split('\n')[0]]).toEqual([2, expect.stringMatching(/made is there already\.$/)]);
    expect(await readdir(folder.at('made'))).toEqual(['packed', 'tree']);
  });

  it('leaves nothing of what it could not finish', async () => {
    await mkdir(folder.at('tiny'));
    const lunsmith = `node dist/cli/main.js extract '${folder.at('release')}' /usr '${folder.at('tiny/usr')}'`;
    const script = `mount -t tmpfs -o size=16k none '${folder.at('tiny')}'; ${lunsmith}; ls -A '${folder.at('tiny')}'`;
    const { stdout, stderr } = spawnSync('unshare', ['--map-root-user', '--mount', 'sh', '-c', script]);
    expect([String(stdout), String(stderr)]).toEqual(['', expect.stringContaining('ENOSPC')]);
  });
});

it('a release without a root that can be read says what it has', async () => {
  await smallRelease(folder.at('data'), {
    manifest: { disk: { ...(await manifestDisk()), partitions: [] } },
  });
  const { exitCode, err } = await call('ls', 'data');
  expect(exitCode).toBe(2);
  expect(err).toContain('The LUN image of the release has no root that can be read here.');
  expect(err).toContain('no partition');
});

async function manifestDisk() {
  return (await readRelease(folder.at('release'))).manifest.disk;
}
