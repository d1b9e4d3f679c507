import { chmod, mkdir, rename, symlink, truncate, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contentFolder, digestContents, listTree } from '../../../pipeline/store/tree-digest.js';
import { ask, ports, type TestFolder, testFolder } from '../../artifacts/formats/tools.js';

let folder: TestFolder;
const at = (...names: string[]) => join(folder.path, 'tree', ...names);
beforeEach(async () => {
  folder = await testFolder();
  await mkdir(at('inner'), { recursive: true });
  await writeFile(at('a'), 'a');
  await writeFile(at('inner', 'b'), 'b');
  await writeFile(at('empty'), '');
  await symlink('a', at('link'));
  for (const name of ['a', 'inner/b', 'empty', 'inner']) await utimes(at(name), 1_000_000_000, 1_000_000_000);
});
afterEach(() => folder[Symbol.asyncDispose]());

const list = () => listTree(at(), ports);
const digest = () => digestContents(at(), ports);
/** Does something to a file and gives it and its folder the times that they had. */
async function secretly(change: () => Promise<unknown>): Promise<void> {
  await change();
  for (const name of ['inner/b', 'inner']) await utimes(at(name), 1_000_000_000, 1_000_000_000);
}

describe('a listing', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['a mode', () => chmod(at('a'), 0o600)],
    ['a directory’s mode', () => chmod(at('inner'), 0o700)],
    ['a set-user-ID bit', () => chmod(at('a'), 0o4644)],
    ['a time', () => utimes(at('a'), 1_000_000_001, 1_000_000_001)],
    ['a fraction of a second', () => utimes(at('a'), 1_000_000_000.25, 1_000_000_000.25)],
    ['a directory’s time', () => utimes(at('inner'), 5, 5)],
    ['a size', () => secretly(() => truncate(at('inner', 'b'), 0))],
    [
      'a name',
      () =>
        secretly(() =>
          rename(at('inner', 'b'), at('inner', 'c')).then(() => writeFile(at('inner', 'b'), 'b')),
        ),
    ],
    ['a file', () => unlink(at('a'))],
    ['a new directory', () => mkdir(at('new'))],
    ['a link’s target', () => secretly(() => unlink(at('link')).then(() => symlink('b', at('link'))))],
  ])('differs by %s', async (_, change) => {
    const before = await list();
    await change();
    expect((await list()).listing).not.toBe(before.listing);
  });

  it('does not differ by contents, by use, or by the place of the tree', async () => {
    const before = await list();
    await secretly(() => writeFile(at('inner', 'b'), 'c'));
    await utimes(at('a'), 5, 1_000_000_000);
    expect(await list()).toEqual(before);
    await rename(at(), folder.at('elsewhere'));
    expect(await listTree(folder.at('elsewhere'), ports)).toEqual(before);
  });

  it('does not differ by what directories weigh', async () => {
    const before = await list();
    for (let index = 0; index < 500; index++) await writeFile(at('inner', `${'x'.repeat(100)}${index}`), '');
    for (let index = 0; index < 500; index++) await unlink(at('inner', `${'x'.repeat(100)}${index}`));
    await secretly(() => Promise.resolve());
    expect((await list()).listing).toBe(before.listing);
  });

  it('counts what is there, and what it allocates', async () => {
    await writeFile(at('large'), 'x');
    await truncate(at('large'), 1 << 30);
    const { entries, bytes } = await list();
    const blocks = (await ask('find', at(), '-mindepth', '1', '-printf', '%b\n')).trim().split('\n');
    expect(entries).toBe(6);
    expect(bytes).toBe(512 * blocks.reduce((sum, each) => sum + Number(each), 0));
    expect(bytes).toBeLessThan(1 << 20);
  });

  it('knows all names', async () => {
    const names = ['with space', 'new\nline', '-n', 'ä', '%s', '"quoted"', "it's", '\\', 'x '];
    for (const name of names) await writeFile(at(name), name);
    const before = await list();
    expect(before.entries).toBe(5 + names.length);
    await rename(at('new\nline'), at('new line'));
    expect((await list()).listing).not.toBe(before.listing);
  });

  it('is of an empty folder too, and of none that is missing', async () => {
    await mkdir(folder.at('nothing'));
    expect(await listTree(folder.at('nothing'), ports)).toMatchObject({ entries: 0, bytes: 0 });
    await expect(listTree(folder.at('missing'), ports)).rejects.toMatchObject({ kind: 'tool' });
  });
});

describe('a digest of contents', () => {
  it('differs by one bit that nothing else shows', async () => {
    const [listed, before] = [await list(), await digest()];
    await secretly(() => writeFile(at('inner', 'b'), 'c'));
    expect(await list()).toEqual(listed);
    expect(await digest()).not.toBe(before);
  });

  it('differs when two files exchange their contents', async () => {
    const before = await digest();
    await writeFile(at('a'), 'b');
    await writeFile(at('inner', 'b'), 'a');
    expect(await digest()).not.toBe(before);
  });

  it('is the same elsewhere, whatever the order of a directory', async () => {
    const names = Array.from({ length: 2100 }, (_, index) => (index * 7919) % 2100);
    await Promise.all(names.map((name, index) => writeFile(at('inner', String(name)), String(index))));
    const before = await digest();
    await ask('cp', '--archive', at(), folder.at('copy'));
    expect(await digestContents(folder.at('copy'), ports)).toBe(before);
  });

  it('reads files of all names', async () => {
    for (const name of ['-check', 'new\nline', 'with space', 'ä', '\\']) await writeFile(at(name), 'x');
    const before = await digest();
    await writeFile(at('new\nline'), 'y');
    expect(await digest()).not.toBe(before);
  });

  it('differs by an extended attribute that was lost, as file capabilities are by careless copies', async () => {
    const [listed, before] = [await list(), await digest()];
    await ask('setfattr', '--name=user.note', '--value=x', at('a'));
    const noted = await digest();
    expect(noted).not.toBe(before);
    await ask('setfattr', '--name=user.note', '--value=y', at('a'));
    expect([before, noted]).not.toContain(await digest());
    await ask('setfattr', '--remove=user.note', at('a'));
    expect(await digest()).toBe(before);
    expect(await list()).toEqual(listed);
  });

  it('does not differ by use', async () => {
    const before = await digest();
    await utimes(at('a'), 5, 1_000_000_000);
    expect(await digest()).toBe(before);
  });

  it('leaves out what is named, and nothing else', async () => {
    const without = () => digestContents(at(), ports, ['/inner/b', '/in*']);
    const [all, before] = [await digest(), await without()];
    expect(before).not.toBe(all);
    await secretly(() => writeFile(at('inner', 'b'), 'c'));
    expect(await without()).toBe(before);
    await secretly(() => writeFile(at('a'), 'b'));
    expect(await without()).not.toBe(before);
  });

  it('is of a tree without contents too, and of none that is missing', async () => {
    await mkdir(folder.at('nothing'));
    await utimes(folder.at('nothing'), 5, 5);
    expect(await digestContents(folder.at('nothing'), ports)).toMatch(/^[0-9a-f]{64}$/);
    await expect(digestContents(folder.at('missing'), ports)).rejects.toMatchObject({ kind: 'tool' });
  });
});

it('has its place in an entry by its kind', () => {
  expect(
    (['layer', 'output', 'part'] as const).map((kind) => contentFolder('/store/steps/key', kind)),
  ).toEqual(['/store/steps/key/tree', '/store/steps/key/output', '/store/steps/key/output']);
});
