/** A store that goes through the cache of a CI system: exported, packed and unpacked as a runner does it, imported. */
import { execFile } from 'node:child_process';
import { cp, link, lstat, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Failure } from '../../../base/failure.js';
import type { Ports } from '../../../base/ports.js';
import { exportStore, importStore } from '../../../pipeline/store/archive.js';
import { verifyStore } from '../../../pipeline/store/verify.js';
import { addPackage, keyOf, makeTrueEntry, type TestStore, testStore } from './a-store.js';

const run = promisify(execFile);
/** How the runner's cache action packs a folder and unpacks it: no holes, no extended attributes, owners of its own. */
const PACK = ['--posix', '--use-compress-program', 'zstd -T0', '-cf'] as const;
const UNPACK = ['--use-compress-program', 'zstd -d', '--no-same-owner', '-xf'] as const;

let at: TestStore;
let other: TestStore;
beforeEach(async () => {
  [at, other] = await Promise.all([testStore(), testStore()]);
  await makeTrueEntry(at, 'base', 'layer', async (tree) => {
    await mkdir(join(tree, 'etc'));
    await writeFile(join(tree, 'etc', 'hostname'), 'client\n', { mode: 0o640 });
    await link(join(tree, 'etc', 'hostname'), join(tree, 'etc', 'again'));
    await writeFile(join(tree, 'log'), '');
    await truncate(join(tree, 'log'), 64 * 1024 ** 2);
    // A whiteout of overlayfs, an opaque directory, and a file capability.
    await run('mknod', [join(tree, 'gone'), 'c', '0', '0']);
    await run('setfattr', ['-n', 'user.overlay.opaque', '-v', 'y', join(tree, 'etc')]);
    await writeFile(join(tree, 'ping'), 'x', { mode: 0o755 });
    await run('setcap', ['cap_net_raw+ep', join(tree, 'ping')]);
    await run('chown', ['-h', '42:43', join(tree, 'ping')]);
    await run('setcap', ['cap_net_raw+ep', join(tree, 'ping')]);
  });
  await makeTrueEntry(at, 'image', 'output', (output) => writeFile(join(output, 'disk.img'), 'disk'));
  await addPackage(at, 'vim', 3, 0);
});
afterEach(async () => {
  await at[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});

const exported = (name = 'cache') => join(at.folder, name);
const write = () => exportStore({ store: at.store.path, folder: exported() }, at.ports);
const take = (folder = exported()) => importStore({ store: other.store.path, folder }, other.ports);
const verify = () =>
  verifyStore({ store: other.store.path, workspace: other.workspace, repair: false }, other.ports);

it('arrives whole by way of a tar that keeps neither owners nor attributes', async () => {
  expect(await write()).toMatchObject({ layers: { count: 1 }, packages: { count: 1 }, refused: [] });
  await run('tar', [...PACK, join(at.folder, 'cache.tzst'), '-C', at.folder, 'cache']);
  const runner = join(at.folder, 'runner');
  await mkdir(runner);
  await run('tar', [...UNPACK, join(at.folder, 'cache.tzst'), '-C', runner]);

  expect(await take(join(runner, 'cache'))).toMatchObject({
    layers: { count: 1 },
    packages: { count: 1 },
    refused: [],
  });
  expect(await verify()).toMatchObject({ entries: 1, packages: 1, damaged: [] });
  const tree = join(other.store.entry(keyOf('base')), 'tree');
  const { ino, mode } = await lstat(join(tree, 'etc', 'hostname'));
  expect([ino, mode & 0o7777]).toEqual([(await lstat(join(tree, 'etc', 'again'))).ino, 0o640]);
  const [gone, ping] = await Promise.all(['gone', 'ping'].map((name) => lstat(join(tree, name))));
  expect([gone?.isCharacterDevice(), gone?.rdev, ping?.uid, ping?.gid]).toEqual([true, 0, 42, 43]);
  expect((await run('getcap', [join(tree, 'ping')])).stdout).toContain('cap_net_raw=ep');
  expect((await stat(join(tree, 'log'))).blocks).toBe(0);
  expect(await readFile(join(other.store.path, 'salt'))).toEqual(await at.store.salt());
});

it('holds no image, and of a later build only what is new is written', async () => {
  await write();
  const layers = () => readdir(join(exported(), 'layers'));
  expect(await layers()).toEqual([`${keyOf('base')}.tar.zst`]);
  const { ino } = await stat(join(exported(), 'layers', `${keyOf('base')}.tar.zst`));
  await makeTrueEntry(at, 'more', 'layer', (tree) => writeFile(join(tree, 'x'), 'x'));
  await write();
  expect((await layers()).length).toBe(2);
  expect((await stat(join(exported(), 'layers', `${keyOf('base')}.tar.zst`))).ino).toBe(ino);
  await at.store.discard(keyOf('base'));
  await write();
  expect(await layers()).toEqual([`${keyOf('more')}.tar.zst`]);
});

it('leaves out what did not arrive whole, and nothing of it stays', async () => {
  await write();
  const layer = join(exported(), 'layers', `${keyOf('base')}.tar.zst`);
  const folder = exported('other');
  await cp(exported(), folder, { recursive: true });
  await truncate(join(folder, 'layers', `${keyOf('base')}.tar.zst`), 200);
  await cp(layer, join(folder, 'layers', `${keyOf('another')}.tar.zst`));
  const [part = ''] = await readdir(join(folder, 'pool'));
  const [name = ''] = await readdir(join(folder, 'pool', part));
  await rm(join(folder, 'pool', part, name));
  await writeFile(join(folder, 'pool', part, name), 'other');
  const { refused, layers, packages } = await take(folder);
  expect(refused).toHaveLength(3);
  expect(refused).toContain(
    `layers/${keyOf('another')}.tar.zst: its record is of another version, or not whole`,
  );
  expect(refused).toContain(`pool/${part}/${name}: its bytes have another digest`);
  expect([layers.count, packages.count]).toEqual([0, 0]);
  expect(await other.store.keys()).toEqual([]);
  expect(await readdir(join(other.store.path, 'trash'))).toEqual([]);
});

it('writes anew what an archiver cut short', async () => {
  await write();
  const layer = join(exported(), 'layers', `${keyOf('base')}.tar.zst`);
  const [part = ''] = await readdir(join(exported(), 'pool'));
  const [name = ''] = await readdir(join(exported(), 'pool', part));
  await truncate(layer, 200);
  await rm(join(exported(), 'pool', part, name));
  await writeFile(join(exported(), 'pool', part, name), 'other');
  await write();
  expect(await take()).toMatchObject({ layers: { count: 1 }, packages: { count: 1 }, refused: [] });
  expect(await readdir(join(exported(), 'layers'))).toEqual([`${keyOf('base')}.tar.zst`]);
});

it('ends when the disk is full, and does not take the layer for a damaged one', async () => {
  await write();
  const full = [
    'sh',
    '-c',
    'echo "tar: tree/log: Cannot write: No space left on device" >&2; exit 2',
  ] as const;
  const failing: Ports['run'] = (argv, options) => other.ports.run(argv[0] === 'tar' ? full : argv, options);
  const request = { store: other.store.path, folder: exported() };
  const failure = await importStore(request, { ...other.ports, run: failing }).catch(Failure.from);
  expect(failure).toMatchObject({ kind: 'space' });
  expect(await other.store.keys()).toEqual([]);
  expect(await readdir(join(other.store.path, 'trash'))).toEqual([]);

  const again = exportStore(
    { store: at.store.path, folder: exported('again') },
    { ...at.ports, run: failing },
  );
  expect(await again.catch(Failure.from)).toMatchObject({ kind: 'space' });
  expect(await readdir(join(exported('again'), 'layers'))).toEqual([]);
});

it('takes what is there already from nowhere', async () => {
  await write();
  await take();
  expect(await take()).toMatchObject({ layers: { count: 0 }, packages: { count: 0 }, refused: [] });
});

it('is not any folder', async () => {
  await expect(take(at.folder)).rejects.toThrow(`${at.folder} holds no exported cache.`);
});
