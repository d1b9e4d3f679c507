import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rename, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestInput, digestInputs, inputNames } from '../../../../pipeline/plan/keys/input-files.js';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'input-files-'));
  await mkdir(at('tree', 'inner'), { recursive: true });
  await writeFile(at('tree', 'a'), 'a');
  await writeFile(at('tree', 'inner', 'b'), 'b');
  await chmod(at('tree', 'inner', 'b'), 0o755);
  await symlink('a', at('tree', 'link'));
});
afterEach(() => rm(folder, { recursive: true }));

const CHANGES: Readonly<Record<string, () => Promise<unknown>>> = {
  'content of a file': () => writeFile(at('tree', 'inner', 'b'), 'c'),
  'a file that becomes executable': () => chmod(at('tree', 'a'), 0o744),
  'a file that is no longer executable': () => chmod(at('tree', 'inner', 'b'), 0o655),
  'a file’s name': () => rename(at('tree', 'a'), at('tree', 'b')),
  'a file’s place': () => rename(at('tree', 'a'), at('tree', 'inner', 'a')),
  'a new file': () => writeFile(at('tree', 'new'), ''),
  'a new directory': () => mkdir(at('tree', 'new')),
  'a new hidden file': () => writeFile(at('tree', '.new'), ''),
  'a file that is gone': () => unlink(at('tree', 'a')),
  'a link’s target': async () => {
    await unlink(at('tree', 'link'));
    await symlink('inner/b', at('tree', 'link'));
  },
  'a copy in the place of a link': async () => {
    await unlink(at('tree', 'link'));
    await cp(at('tree', 'a'), at('tree', 'link'));
  },
  'a directory in the place of a file': async () => {
    await unlink(at('tree', 'a'));
    await mkdir(at('tree', 'a'));
  },
  'a pipe in the place of a file': async () => {
    await unlink(at('tree', 'a'));
    execFileSync('mkfifo', [at('tree', 'a')]);
  },
  'two contents that change places': async () => {
    await rename(at('tree', 'a'), at('tree', 'x'));
    await rename(at('tree', 'inner', 'b'), at('tree', 'a'));
    await rename(at('tree', 'x'), at('tree', 'inner', 'b'));
  },
  'a folder that is gone': () => rm(at('tree'), { recursive: true }),
};

const NO_CHANGES: Readonly<Record<string, () => Promise<unknown>>> = {
  times: () => utimes(at('tree', 'a'), 1, 1),
  'times of a directory': () => utimes(at('tree', 'inner'), 1, 1),
  'who else may read': () => chmod(at('tree', 'a'), 0o600),
  'who else may write': () => chmod(at('tree', 'a'), 0o666),
  'who else may execute': () => chmod(at('tree', 'inner', 'b'), 0o700),
  'who may enter a directory': () => chmod(at('tree', 'inner'), 0o700),
  'a file beside': () => writeFile(at('beside'), ''),
};

describe('the digest of a folder', () => {
  it.each(Object.entries(CHANGES))('changes with %s', async (_, change) => {
    const before = await digestInput(at('tree'));
    await change();
    expect(await digestInput(at('tree'))).not.toBe(before);
  });

  it.each(Object.entries(NO_CHANGES))('does not change with %s', async (_, change) => {
    const before = await digestInput(at('tree'));
    await change();
    expect(await digestInput(at('tree'))).toBe(before);
  });

  it('is the same under another name, elsewhere, and through a link', async () => {
    const before = await digestInput(at('tree'));
    await cp(at('tree'), at('else', 'where'), { recursive: true, verbatimSymlinks: true });
    await symlink('tree', at('to-tree'));
    expect(await digestInput(at('else', 'where'))).toBe(before);
    expect(await digestInput(at('to-tree'))).toBe(before);
  });

  it('follows the link that an input itself is, as its reader does', async () => {
    await symlink('tree/a', at('to-a'));
    const before = await digestInput(at('to-a'));
    expect(await digestInput(at('tree', 'a'))).toBe(before);
    await writeFile(at('tree', 'a'), 'other');
    expect(await digestInput(at('to-a'))).not.toBe(before);
  });

  it('leaves names out that are ignored, in the folder itself', async () => {
    const ignore = new Set(['a', 'nothing']);
    const before = await digestInput(at('tree'), ignore);
    await writeFile(at('tree', 'a'), 'other');
    expect(await digestInput(at('tree'), ignore)).toBe(before);
    await writeFile(at('tree', 'inner', 'a'), 'new');
    expect(await digestInput(at('tree'), ignore)).not.toBe(before);
  });

  it('tells apart what is missing, empty and a link to nowhere', async () => {
    await writeFile(at('empty'), '');
    await mkdir(at('folder'));
    await symlink('missing', at('dangling'));
    const digests = await Promise.all(
      ['missing', 'empty', 'folder', 'dangling'].map((name) => digestInput(at(name))),
    );
    expect(new Set(digests).size).toBe(4);
  });

  it('is not deceived by names that look like lines of it', async () => {
    const twice = async (names: readonly string[]) => {
      const path = at(`names-${names.length}`);
      await mkdir(path);
      for (const name of names) await writeFile(join(path, name), '');
      return digestInput(path);
    };
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expect(await twice(['x', 'y'])).not.toBe(await twice([`x" ${empty}\nfile "y`]));
  });
});

describe('names of inputs', () => {
  const recipe = (own: string, ...extended: string[]) => ({
    folder: own,
    sources: [...[own, ...extended].map((path) => `${path}/recipe.yaml`), `${own}/package.json`],
  });

  it.each([
    ['of the recipe itself', recipe('/r/child'), ['files', 'a/../b', './c'], ['b', 'c', 'files']],
    ['of the one that it extends', recipe('/r/child', '/r/base'), ['../base/files'], ['files']],
    ['of that from deeper', recipe('/x/y/z/child', '/r/base'), ['../../../../r/base/files'], ['files']],
    ['of one that lies inside', recipe('/r', '/r/base'), ['base/files', 'files/a'], ['files', 'files/a']],
    ['of one around it', recipe('/r/child', '/r'), ['../files'], ['files']],
    ['of no recipe', recipe('/r/child'), ['../base/files', '/etc/key'], ['../base/files', '/etc/key']],
    ['that would be the same', recipe('/r/child', '/r/base'), ['a', '../base/a'], ['../base/a', 'a']],
  ])('%s', (_, given, paths, expected) => {
    expect([...inputNames(given, paths).values()].sort()).toEqual(expected);
    expect([...inputNames(given, paths).keys()].sort()).toEqual([...paths].sort());
  });

  it('name digests of what the paths lead to', async () => {
    await mkdir(at('base'));
    await writeFile(at('base', 'a'), 'a');
    const absolute = at('tree', 'inner');
    expect(await digestInputs(recipe(at('child'), at('base')), ['../base/a', 'none', absolute])).toEqual({
      a: await digestInput(at('tree', 'a')),
      none: await digestInput(at('missing')),
      [absolute]: await digestInput(absolute),
    });
  });
});
