import { linkSync } from 'node:fs';
import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { usableEntry } from '../../../pipeline/store/entry.js';
import { shareFiles } from '../../../pipeline/store/sharing.js';
import { useStore } from '../../../pipeline/store/temporary-roots.js';
import { verifyStore } from '../../../pipeline/store/verify.js';
import {
  addRelease,
  keyOf,
  makeTrueEntry,
  overwrite,
  type TestStore,
  testBuild,
  testStore,
} from './a-store.js';

let at: TestStore;
beforeEach(async () => {
  at = await testStore();
});
afterEach(() => at[Symbol.asyncDispose]());

const inode = async (path: string) => (await lstat(path)).ino;
const names = async (path: string) => (await lstat(path)).nlink;

describe('shareFiles', () => {
  let own: string;
  let folder: string;
  beforeEach(async () => {
    own = join(at.folder, 'own');
    folder = join(at.folder, 'earlier');
    for (const each of [own, folder]) {
      await mkdir(join(each, 'boot'), { recursive: true });
      await writeFile(join(each, 'boot', 'vmlinuz'), 'kernel');
    }
  });

  const vmlinuz = { path: 'boot/vmlinuz', bytes: 6 };
  const aside = () => join(at.folder, 'aside');
  const share = (files = [vmlinuz]) => shareFiles(own, { folder, files }, aside());
  const ours = () => join(own, 'boot', 'vmlinuz');
  const theirs = () => join(folder, 'boot', 'vmlinuz');

  it('gives the earlier file a second name', async () => {
    await share();
    expect(await inode(ours())).toBe(await inode(theirs()));
    expect(await names(ours())).toBe(2);
    expect((await readdir(at.folder)).sort()).toEqual(['earlier', 'own', 'work']);
  });

  it('does nothing to what is one file already', async () => {
    await share();
    await share();
    expect(await names(ours())).toBe(2);
    expect((await readdir(at.folder)).sort()).toEqual(['earlier', 'own', 'work']);
  });

  it('compares files that are longer than what is read at a time to their end', async () => {
    const files = [
      { path: 'same', bytes: 2_500_000 },
      { path: 'other', bytes: 2_500_000 },
    ];
    const text = 'x'.repeat(2_500_000);
    for (const each of [own, folder]) await writeFile(join(each, 'same'), text);
    await writeFile(join(own, 'other'), text);
    await writeFile(join(folder, 'other'), `${text.slice(1)}y`);
    await share(files);
    expect(await names(join(own, 'same'))).toBe(2);
    expect(await names(join(own, 'other'))).toBe(1);
    expect(await readFile(join(own, 'other'), 'utf8')).toBe(text);
  });

  it.each([
    ['has other bytes than its record says', () => writeFile(theirs(), 'KERNEL')],
    ['has another size than its record says', () => writeFile(theirs(), 'kern')],
    ['has another mode', () => chmod(theirs(), 0o600)],
    ['is gone', () => rm(theirs())],
    ['is gone with its folder', () => rm(folder, { recursive: true })],
    [
      'is a link',
      async () => {
        await rm(theirs());
        await symlink('elsewhere', theirs());
      },
    ],
  ])('leaves ours alone when the other %s', async (_name, damage) => {
    const before = await inode(ours());
    await damage();
    await share();
    expect(await inode(ours())).toBe(before);
    expect(await names(ours())).toBe(1);
    expect(await readFile(ours(), 'utf8')).toBe('kernel');
    expect(await readdir(at.folder)).not.toContain('aside');
  });

  it('leaves ours alone when the other has as many names as a file may have', async () => {
    const others = join(at.folder, 'others');
    await mkdir(others);
    // ext4 lets a file have 65000. Where there is room for more, our one is shared.
    const outcome = await nameOften(theirs(), others, 65_000);
    await share();
    expect(await names(ours())).toBe(outcome === 'EMLINK' ? 1 : 65_002);
    expect(await readFile(ours(), 'utf8')).toBe('kernel');
    expect(await readdir(at.folder)).not.toContain('aside');
  });

  it('leaves ours alone when the other is on another file system', async () => {
    const elsewhere = await mkdtemp('/dev/shm/lunsmith-sharing-');
    try {
      await mkdir(join(elsewhere, 'boot'));
      await writeFile(join(elsewhere, 'boot', 'vmlinuz'), 'kernel');
      await expect(link(join(elsewhere, 'boot', 'vmlinuz'), aside())).rejects.toThrow('EXDEV');
      await shareFiles(own, { folder: elsewhere, files: [vmlinuz] }, aside());
      expect(await names(ours())).toBe(1);
      expect(await readFile(ours(), 'utf8')).toBe('kernel');
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });

  it('leaves ours alone when it has another size than the record says', async () => {
    await writeFile(ours(), 'new kernel');
    await share();
    expect(await readFile(ours(), 'utf8')).toBe('new kernel');
  });

  it('does not make files that ours has not', async () => {
    await rm(ours());
    await share();
    expect(await readdir(join(own, 'boot'))).toEqual([]);
  });
});

/** Gives a file more names until it has enough. @returns why it could not have as many */
async function nameOften(file: string, folder: string, count: number): Promise<string | undefined> {
  for (let made = 0; made < count; made++) {
    try {
      // Awaiting each would take five times as long.
      linkSync(file, join(folder, String(made)));
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    }
  }
  return undefined;
}

/** An output of the step `boot`; made after another one it shares with that. */
async function boot(name: string, files: Readonly<Record<string, string>> = { vmlinuz: 'kernel' }) {
  const fill = async (output: string) => {
    for (const [path, text] of Object.entries(files)) {
      await writeFile(join(output, path), text);
      await utimes(join(output, path), 1, 1);
    }
  };
  await makeTrueEntry(at, name, 'output', fill, 'boot');
}

const file = (name: string, path = 'vmlinuz') => join(at.store.entry(keyOf(name)), 'output', path);

const flip = (path: string) => overwrite(path, 'KERNEL');

describe('an output', () => {
  it('shares what the newest entry of its step has too, and nothing else', async () => {
    await boot('a', { vmlinuz: 'kernel', cmdline: 'quiet', 'disk.img': 'disk' });
    await boot('b', { vmlinuz: 'kernel', cmdline: 'debug', 'disk.img': 'disk' });
    expect(await inode(file('b'))).toBe(await inode(file('a')));
    expect(await inode(file('b', 'disk.img'))).toBe(await inode(file('a', 'disk.img')));
    expect(await names(file('b', 'cmdline'))).toBe(1);
    expect(await readFile(file('b', 'cmdline'), 'utf8')).toBe('debug');
    expect(await readdir(at.store.entry(keyOf('b')))).toEqual(['output', 'record.json']);
    expect((await verify()).damaged).toEqual([]);
  });

  it('is read-only under all names, and so is a part', async () => {
    await makeTrueEntry(
      at,
      'part',
      'part',
      (folder) => writeFile(join(folder, 'disk.img'), 'disk'),
      'boot/part',
    );
    const part = file('part', 'disk.img');
    const made = await lstat(part);
    await makeTrueEntry(
      at,
      'whole',
      'output',
      async (output) => {
        await link(part, join(output, 'disk.img'));
        await mkdir(join(output, 'boot'));
        await writeFile(join(output, 'boot', 'run'), '', { mode: 0o755 });
      },
      'boot',
    );
    const modes = ['disk.img', 'boot/run', 'boot'].map(async (path) =>
      ((await lstat(file('whole', path))).mode & 0o777).toString(8),
    );
    expect(await Promise.all(modes)).toEqual(['444', '555', '755']);
    expect(await inode(file('whole', 'disk.img'))).toBe(made.ino);
    expect(made.mode & 0o777).toBe(0o444);
    expect((await verify()).damaged).toEqual([]);
  });

  it('is shared with before it is visible, so that a release gets the hard links that stay', async () => {
    await boot('a');
    const { place } = at.store;
    const placed: number[] = [];
    const store: TestStore['store'] = {
      ...at.store,
      place: async (folder, key) => {
        placed.push(await names(join(folder, 'output', 'vmlinuz')));
        await place(folder, key);
      },
    };
    at = { ...at, store };
    await boot('b');
    expect(placed).toEqual([2]);
  });

  it('does not share what is damaged', async () => {
    await boot('a');
    await flip(file('a'));
    await boot('b');
    expect(await names(file('b'))).toBe(1);
    expect((await verify()).damaged.map(({ id }) => id)).toEqual([keyOf('a')]);
  });

  it('stays whole when the one that it shares with goes', async () => {
    await boot('a');
    await boot('b');
    await at.store.discard(keyOf('a'));
    expect(await readFile(file('b'), 'utf8')).toBe('kernel');
    expect((await verify()).damaged).toEqual([]);
  });

  it('is made by many at once that share with the same one, which goes meanwhile', async () => {
    await boot('a');
    const made = ['b', 'c', 'd', 'e'].map((name) => boot(name));
    await at.store.discard(keyOf('a'));
    await Promise.all(made);
    expect(await verify()).toMatchObject({ entries: 4, damaged: [] });
  });
});

function verify(repair = false) {
  return verifyStore({ store: at.store.path, workspace: at.workspace, repair }, at.ports);
}

describe('damage to a shared file', () => {
  beforeEach(async () => {
    await boot('a');
    await boot('b');
    await boot('c', { vmlinuz: 'other!' });
    await flip(file('a'));
  });

  it('is found in each entry that has it', async () => {
    const release = await addRelease(at, 'r', ['b']);
    await link(file('b'), join(release, 'vmlinuz'));
    const { damaged } = await verify();
    expect(damaged.map(({ id }) => id)).toEqual([keyOf('a'), keyOf('b')].sort());
    expect(damaged.find(({ id }) => id === keyOf('b'))?.releases).toEqual([release]);
  });

  it('is repaired in each of them', async () => {
    expect((await verify(true)).damaged.map(({ outcome }) => outcome)).toEqual(['removed', 'removed']);
    expect(await at.store.keys()).toEqual([keyOf('c')]);
    await boot('a');
    expect(await verify()).toMatchObject({ entries: 2, damaged: [] });
  });

  it('stays known in one that could not be removed', async () => {
    const keys = [keyOf('a')];
    const build = testBuild(at);
    {
      await using _use = await useStore(at.store, 'tiny-1', { keys, packages: [] }, at.ports);
      const { damaged } = await verify(true);
      expect(new Map(damaged.map(({ id, outcome }) => [id, outcome]))).toEqual(
        new Map([
          [keyOf('a'), 'needed'],
          [keyOf('b'), 'removed'],
        ]),
      );
    }
    expect(await usableEntry(build, keyOf('a'), 'boot')).toBeUndefined();
  });

  it('that a use finds is looked for at the next use of the others too', async () => {
    const build = testBuild(at);
    const use = (name: string) => usableEntry(build, keyOf(name), 'boot');
    // What was written since the machine was started is taken to be sound.
    expect((await use('b'))?.key).toBe(keyOf('b'));
    await writeFile(join(at.store.entry(keyOf('a')), 'checked'), 'an earlier run');
    expect(await use('a')).toBeUndefined();
    expect(await use('b')).toBeUndefined();
    expect((await use('c'))?.key).toBe(keyOf('c'));
    expect(at.events.map((event) => (event.type === 'warning' ? event.message : event.type))).toEqual(
      Array.from(
        { length: 2 },
        () => 'The kept result of boot is damaged: its contents have changed. It is made again.',
      ),
    );
    expect(await at.store.keys()).toEqual([keyOf('c')]);
    expect(await readdir(at.store.entry(keyOf('c')))).not.toContain('checked');
  });
});
