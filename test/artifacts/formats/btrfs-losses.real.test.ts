/** In the user namespace of a build, where FUSE hands out no access control list. */
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { beforeEach, expect, it } from 'vitest';
import { readBtrfsTree } from '../../../artifacts/formats/btrfs-read/tree.js';
import { enterSandbox } from '../../../pipeline/sandbox/enter.js';
import { ask, run, type TestFolder, testFolder } from './tools.js';

/** One named user besides the owner, as getfattr(1) tells of it. */
const LIST = '0x0200000001000600ffffffff020004000500000004000400ffffffff10000400ffffffff20000400ffffffff';

let folder: TestFolder;
beforeEach(async () => {
  folder = await testFolder();
  for (const path of ['etc', 'var/log/journal/0123'])
    await mkdir(folder.at(`tree/${path}`), { recursive: true });
  for (const path of ['etc/a', 'etc/b', 'etc/c']) await writeFile(folder.at(`tree/${path}`), `${path}\n`);
  return () => folder[Symbol.asyncDispose]();
});

async function set(path: string, name: string, value: string): Promise<void> {
  await run(['setfattr', '-n', name, '-v', value, folder.at(`tree/${path}`)], { doing: `set ${name}` });
}

async function write(mount: string, tree = 'tree'): Promise<void> {
  await rm(folder.at('image'), { force: true });
  const payload = { tree: folder.at(tree), mount, image: folder.at('image'), scratch: folder.at('scratch') };
  const job = { module: 'test/inside/btrfs.js', payload, network: 'own' } as const;
  await enterSandbox(job, () => undefined, new AbortController().signal);
}

it('refuses access control lists by the path that they have in the system, before anything is written', async () => {
  await set('etc/b', 'system.posix_acl_access', LIST);
  await set('etc', 'system.posix_acl_default', LIST);
  await expect(write('/srv')).rejects.toMatchObject({
    kind: 'recipe',
    diagnostics: [
      {
        what: 'The tree has access control lists, which it cannot hold: mkfs.btrfs would lose them.',
        found: '/srv/etc and 1 more',
      },
    ],
  });
  expect(await ask('find', folder.at('scratch'), '-mindepth', '1')).toBe('');
});

it('takes those of the journal, which systemd sets at each boot, wherever the partition is mounted', async () => {
  await set('etc/b', 'user.word', 'value');
  for (const path of ['var/log/journal', 'var/log/journal/0123'])
    for (const kind of ['access', 'default']) await set(path, `system.posix_acl_${kind}`, LIST);
  await write('/');
  await using file = await open(folder.at('image'));
  const { files } = await readBtrfsTree({ file, offset: 0, name: 'it' });
  expect(files.get('/etc/b')?.attributes).toEqual([`user.word=${Buffer.from('value').toString('hex')}`]);
  await write('/var', 'tree/var');
  await write('/var/log/journal', 'tree/var/log/journal');
  await expect(write('/srv')).rejects.toMatchObject({
    diagnostics: [{ found: '/srv/var/log/journal and 1 more' }],
  });
});

it('refuses extended attributes of the top directory', async () => {
  await set('.', 'user.word', 'value');
  // A layer of a build has such; a file system of it does not ask for them.
  await set('.', 'user.overlay.impure', 'y');
  await expect(write('/')).rejects.toMatchObject({
    kind: 'recipe',
    diagnostics: [
      {
        what: 'The top directory of it has extended attributes, which mkfs.btrfs does not take over.',
        found: 'user.word',
      },
    ],
  });
});
