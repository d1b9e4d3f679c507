import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { traces } from '../../../stages/distribution/debian/traces.js';
import { rootTree } from '../../../stages/rootfs/tree.js';
import { removeTraces } from '../../../stages/seal/clean.js';
import { elfArchitecture } from '../../../stages/seal/elf.js';
import { testFolder } from '../../artifacts/formats/tools.js';
import { listTree } from '../../util/list-tree.js';

describe('machine of a program', () => {
  const elf = (machine: number) => {
    const header = Buffer.alloc(20);
    header.write('\x7fELF', 'latin1');
    header.writeUInt16LE(machine, 18);
    return header;
  };
  it.each([
    [elf(62), 'amd64'],
    [elf(183), 'arm64'],
    [elf(40), 'armhf'],
    [elf(8), 'ELF machine 8'],
    [Buffer.from('#!/bin/sh\nexit 0 # long enough'), 'no ELF program'],
    [Buffer.alloc(0), 'no ELF program'],
  ])('%#', (header, expected) => {
    expect(elfArchitecture(header)).toBe(expected);
  });

  it('is that of this program', async () => {
    const names: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };
    expect(elfArchitecture((await readFile(process.execPath)).subarray(0, 20))).toBe(names[process.arch]);
  });
});

it('removes the traces of a build, and keeps what others expect', async () => {
  await using folder = await testFolder();
  const tree = rootTree(folder.path);
  const files = [
    '/etc/passwd',
    '/etc/passwd-',
    '/root/.bash_history',
    '/root/.profile',
    '/tmp/x/y',
    '/var/cache/apt/archives/a.deb',
    '/var/cache/apt/archives/partial/b.deb',
    '/var/cache/apt/pkgcache.bin',
    '/var/lib/apt/lists/x_InRelease',
    '/var/lib/dpkg/status',
    '/var/lib/dpkg/status-old',
    '/var/log/apt/term.log',
    '/var/log/dpkg.log',
    '/var/log/wtmp',
  ];
  for (const file of files) await tree.write(file, 'x');
  await tree.directory('/var/lib/apt/lists/partial');
  await removeTraces(tree, traces);
  const left = (await listTree(folder.path)).filter(
    (path) => !path.includes('/') || path.split('/').length > 1,
  );
  expect(left).toEqual([
    'etc',
    'etc/passwd',
    'root',
    'root/.profile',
    'tmp',
    'var',
    'var/cache',
    'var/cache/apt',
    'var/cache/apt/archives',
    'var/cache/apt/archives/partial',
    'var/lib',
    'var/lib/apt',
    'var/lib/apt/lists',
    'var/lib/apt/lists/partial',
    'var/lib/dpkg',
    'var/lib/dpkg/status',
    'var/log',
    'var/log/apt',
    'var/log/wtmp',
  ]);
  expect(await tree.read('/var/log/wtmp')).toBe('');
});
