import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../base/failure.js';
import { rootTree } from '../../../stages/rootfs/tree.js';
import { testFolder } from '../../artifacts/formats/tools.js';

/** A root with links as in a merged /usr, and a folder beside it that stands for the host. */
async function testTree() {
  const folder = await testFolder();
  const root = join(folder.path, 'root');
  await mkdir(join(root, 'usr', 'bin'), { recursive: true });
  await mkdir(join(folder.path, 'etc'));
  await symlink('usr/bin', join(root, 'bin'));
  await symlink('/usr', join(root, 'absolute'));
  await symlink('../../../etc', join(root, 'escape'));
  await symlink('/loop', join(root, 'loop'));
  return { folder, root, tree: rootTree(root), [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe('paths of a root tree', () => {
  it.each([
    ['/usr/bin/x', 'usr/bin/x'],
    ['/bin/x', 'usr/bin/x'],
    ['/absolute/bin/x', 'usr/bin/x'],
    ['/absolute/../bin/../x', 'usr/x'],
    ['/../../x', 'x'],
    ['/escape/x', 'etc/x'],
    ['/bin', 'bin'],
    ['/', ''],
  ])('%s stays inside', async (path, expected) => {
    await using test = await testTree();
    expect(await test.tree.locate(path)).toBe(join(test.root, expected));
  });

  it('end where links go round', async () => {
    await using test = await testTree();
    const error: unknown = await test.tree.locate('/loop/x').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Failure);
    expect((error as Failure).diagnostics[0].what).toBe('Too many symlinks in /loop of the root tree.');
  });
});

describe('files of a root tree', () => {
  it('are written inside, whatever links say', async () => {
    await using test = await testTree();
    await test.tree.write('/escape/passwd', 'x');
    expect(await readdir(join(test.folder.path, 'etc'))).toEqual([]);
    expect(await readFile(join(test.root, 'etc', 'passwd'), 'utf8')).toBe('x');
  });

  it('take the place of a link, and leave alone where it led', async () => {
    await using test = await testTree();
    await writeFile(join(test.root, 'usr', 'real'), 'before');
    await symlink('/usr/real', join(test.root, 'link'));
    expect(await test.tree.read('/link')).toBe('before');
    await test.tree.write('/link', 'after');
    expect(await readFile(join(test.root, 'usr', 'real'), 'utf8')).toBe('before');
    expect(await test.tree.read('/link')).toBe('after');
  });

  it('have their mode, and folders 0755, whatever the umask is', async () => {
    await using test = await testTree();
    const before = process.umask(0o077);
    try {
      await test.tree.write('/a/b/plain', '');
      await test.tree.write('/a/b/secret', '', { mode: 0o600 });
      await test.tree.directory('/a/private', { mode: 0o700 });
    } finally {
      process.umask(before);
    }
    const modes = ['a', 'a/b', 'a/b/plain', 'a/b/secret', 'a/private'].map(async (path) => {
      return ((await stat(join(test.root, path))).mode & 0o7777).toString(8);
    });
    expect(await Promise.all(modes)).toEqual(['755', '755', '644', '600', '700']);
  });

  it('are listed, linked and removed', async () => {
    await using test = await testTree();
    await test.tree.link('/usr/bin/b', '/usr/bin/a');
    expect(await readlink(join(test.root, 'usr/bin/b'))).toBe('/usr/bin/a');
    expect(await test.tree.exists('/usr/bin/b')).toBe(false);
    expect(await test.tree.read('/usr/bin/b')).toBeUndefined();
    await test.tree.write('/usr/bin/a', 'a');
    expect(await test.tree.read('/bin/b')).toBe('a');
    expect(await test.tree.names('/bin')).toEqual(['a', 'b']);
    await test.tree.remove('/bin/b');
    await test.tree.remove('/bin/never');
    expect(await test.tree.names('/bin')).toEqual(['a']);
    expect(await test.tree.names('/nowhere')).toEqual([]);
  });
});
