import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { misfit } from '../../../stages/seal/machines.js';
import { testFolder } from '../../artifacts/formats/tools.js';

const MACHINES = { i386: 3, armhf: 40, amd64: 62, arm64: 183 } as const;

async function rootOf(files: Readonly<Record<string, keyof typeof MACHINES>>) {
  const folder = await testFolder();
  for (const [path, machine] of Object.entries(files)) {
    const header = Buffer.alloc(64);
    header.write('\x7fELF', 'latin1');
    header.writeUInt16LE(MACHINES[machine], 18);
    await mkdir(join(folder.path, dirname(path)), { recursive: true });
    await writeFile(join(folder.path, path), header);
  }
  return folder;
}

const MODULE = 'usr/lib/modules/6.1.0/kernel/fs/ext4/ext4.ko';

it.each([
  ['amd64', { 'usr/bin/sed': 'amd64', [MODULE]: 'amd64' }, undefined],
  ['arm64', { 'usr/bin/sed': 'amd64' }, { path: '/usr/bin/sed', found: 'amd64' }],
  ['arm64', { 'bin/sed': 'amd64' }, { path: '/bin/sed', found: 'amd64' }],
  ['arm64', { 'usr/bin/a': 'arm64', [MODULE]: 'armhf' }, { path: `/${MODULE}`, found: 'armhf' }],
  // What the processor runs besides its own.
  ['amd64', { 'usr/bin/old': 'i386' }, undefined],
  ['arm64', { 'usr/sbin/old': 'armhf' }, undefined],
  ['armhf', { 'usr/sbin/new': 'arm64' }, { path: '/usr/sbin/new', found: 'arm64' }],
  ['armhf', { [MODULE]: 'arm64' }, undefined],
  // Files for others to load lie elsewhere.
  ['arm64', { 'usr/lib/grub/i386-pc/ext2.mod': 'i386', 'srv/boot/program': 'amd64' }, undefined],
] as const)('a root of %s with %o', async (architecture, files, found) => {
  await using root = await rootOf(files);
  expect(misfit(root.path, architecture)).toEqual(found);
});

it('follows no link, and looks at no script', async () => {
  await using root = await rootOf({ 'opt/sed': 'amd64' });
  await symlink('opt', join(root.path, 'bin'));
  await mkdir(join(root.path, 'usr/bin'), { recursive: true });
  await symlink('../../opt/sed', join(root.path, 'usr/bin/sed'));
  await writeFile(join(root.path, 'usr/bin/script'), '#!/bin/sh\nexit 0\n# long enough\n');
  expect(misfit(root.path, 'arm64')).toBeUndefined();
});
