/** An initramfs generator: busybox, iscsistart with its libraries, the modules, and one script. */
import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type CpioEntry, writeCpio } from '../../../artifacts/formats/cpio.js';
import type { InitramfsGenerator } from '../../../stages/distribution/topics.js';
import type { RootTree } from '../../../stages/rootfs/tree.js';
import { INIT, MODULES, UDHCPC } from './texts.js';

const LOADER = '/lib64/ld-linux-x86-64.so.2';
const LIBRARIES = [
  'libc.so.6',
  'libcrypto.so.3',
  'libkmod.so.2',
  'liblzma.so.5',
  'libopeniscsiusr.so.0.2.0',
  'libzstd.so.1',
];
const LIBRARY_FOLDERS = ['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu'];
const imageOf = (version: string) => `/boot/initramfs-${version}`;

export const initramfs: InitramfsGenerator = {
  sources: ['/bin', '/sbin', '/lib'],
  unread: () => Promise.resolve([]),
  kernels: (tree) => tree.names('/lib/modules'),
  configure: () => Promise.resolve(),
  async generate(ctx, tree, version) {
    await ctx.chroot(['depmod', version], { doing: 'list the modules of the kernel' });
    const entries = [
      ...['bin', 'sbin', 'lib', 'lib64', 'etc', 'lib/modules', `lib/modules/${version}`].map(directory),
      file('init', Buffer.from(INIT)),
      file('udhcpc', Buffer.from(UDHCPC)),
      await copy(tree, '/bin/busybox', 'bin/busybox'),
      await copy(tree, '/sbin/iscsistart', 'sbin/iscsistart'),
      await copy(tree, LOADER, LOADER.slice(1)),
      ...(await Promise.all(LIBRARIES.map((name) => library(tree, name)))),
      ...(await modules(tree, version)),
    ];
    await tree.write(imageOf(version), gzipSync(writeCpio(entries), { level: 6 }), { mode: 0o600 });
    return imageOf(version);
  },
  missing: () => Promise.resolve([]),
  async choose(_ctx, tree, version) {
    await tree.link('/boot/kernel', `vmlinuz-${version}`);
    await tree.link('/boot/initramfs', `initramfs-${version}`);
  },
};

function directory(path: string): CpioEntry {
  return { type: 'directory', path, mode: 0o755, uid: 0, gid: 0 };
}

function file(path: string, content: Buffer): CpioEntry {
  return { type: 'file', path, mode: 0o755, uid: 0, gid: 0, content };
}

async function copy(tree: RootTree, from: string, to: string): Promise<CpioEntry> {
  const host = await tree.resolve(from);
  if (host === undefined) throw new Error(`the tree has no ${from}`);
  return file(to, await readFile(host));
}

async function library(tree: RootTree, name: string): Promise<CpioEntry> {
  for (const folder of LIBRARY_FOLDERS) {
    const path = posix.join(folder, name);
    if (await tree.exists(path)) return copy(tree, path, `lib/${name}`);
  }
  throw new Error(`the tree has no library ${name}`);
}

/** The wanted modules with all that they need, flat, and the list by which modprobe finds them. */
async function modules(tree: RootTree, version: string): Promise<CpioEntry[]> {
  const folder = `/lib/modules/${version}`;
  const builtin = (await tree.read(`${folder}/modules.builtin`)) ?? '';
  const needs = new Map(
    ((await tree.read(`${folder}/modules.dep`)) ?? '').split('\n').flatMap((line) => {
      const [path, others = ''] = line.split(':');
      return path === undefined || path === ''
        ? []
        : [[path, others.trim().split(' ').filter(Boolean)] as const];
    }),
  );
  const found = new Set<string>();
  const add = (path: string) => {
    if (found.has(path)) return;
    found.add(path);
    for (const other of needs.get(path) ?? []) add(other);
  };
  for (const name of MODULES) {
    const path = [...needs.keys()].find((each) => moduleName(each) === name);
    if (path !== undefined) add(path);
    else if (!builtin.split('\n').some((each) => moduleName(each) === name))
      throw new Error(`no module ${name}`);
  }
  const flat = (path: string) => posix.basename(path);
  const list = [...found].map((path) => `${flat(path)}: ${(needs.get(path) ?? []).map(flat).join(' ')}\n`);
  return [
    file(`lib/modules/${version}/modules.dep`, Buffer.from(list.join(''))),
    ...(await Promise.all(
      [...found].map((path) => copy(tree, posix.join(folder, path), `lib/modules/${version}/${flat(path)}`)),
    )),
  ];
}

function moduleName(path: string): string {
  return posix
    .basename(path)
    .replace(/\.ko.*$/, '')
    .replaceAll('-', '_');
}
