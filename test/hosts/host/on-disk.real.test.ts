/** What is written to a host is on its disk, or the host says why not: with other kinds of sync(1). */
import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { fillFolder } from '../../../hosts/apply/batch.js';
import { putLink } from '../../../hosts/apply/links.js';
import { openDirectory } from '../../../hosts/host/directory.js';
import { writeBy } from '../../../hosts/host/write.js';
import { ports, testFolder } from '../../artifacts/formats/tools.js';
import { hostFacts } from '../../util/hosts.js';
import { withPrograms } from '../publish/transfer-rig.js';

const FILES = [{ path: 'a/b', content: { text: 'ab' }, secret: false }];

async function hostWith(folder: { readonly path: string; at(name: string): string }, sync: string) {
  const text = `echo "$@" >>${folder.at('log')}; ${sync}\n`;
  const host = await withPrograms(openDirectory(hostFacts(folder.path), ports), folder.at('bin'), {
    sync: text,
  });
  const asked = async () => (await readFile(folder.at('log'), 'utf8')).split('\n').slice(0, -1);
  return { host, asked };
}

it.each([
  ['of coreutils', 'exec /bin/sync "$@"', (folder: string) => ['-f -- /dev/null', `-f -- ${folder}`]],
  ['without -f', '[ $# = 0 ]', () => ['-f -- /dev/null', '']],
])('a sync %s brings links and files to the disk', async (_, sync, told) => {
  await using folder = await testFolder();
  const { host, asked } = await hostWith(folder, sync);
  await putLink(host, folder.at('links/current'), '1', 'switch');
  await fillFolder(host, folder.at('files'), FILES);
  expect(await asked()).toEqual([...told(folder.at('links')), ...told(folder.at('files'))]);
  expect(await readFile(folder.at('files/a/b'), 'utf8')).toBe('ab');
});

it('a disk that fails is told of, and a file that it does not keep is not there', async () => {
  await using folder = await testFolder();
  const fails = 'case "$*" in *null) ;; *) echo "sync: Input/output error" >&2; exit 1;; esac';
  const { host } = await hostWith(folder, fails);
  const file = folder.at('one/file');
  for (const work of [
    () => putLink(host, folder.at('current'), '1', 'switch'),
    () => fillFolder(host, folder.at('files'), FILES),
    () => writeBy(host.run, host.facts.root)(file, 'ab', { mode: 0o644 }),
  ])
    await expect(work()).rejects.toMatchObject({ command: { lastLines: ['sync: Input/output error'] } });
  expect(await readdir(folder.at('one'))).toEqual([]);
});
