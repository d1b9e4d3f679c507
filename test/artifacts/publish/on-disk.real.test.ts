/** What is written to a host is on its disk, or the host says why not: with other kinds of sync(1). */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { fillFolder } from '../../../artifacts/publish/carry-out/batch.js';
import { putLink } from '../../../artifacts/publish/carry-out/links.js';
import { openDirectory } from '../../../artifacts/publish/directory.js';
import type { TargetHost } from '../../../artifacts/publish/host.js';
import { hostFacts } from '../../util/hosts.js';
import { ports, testFolder } from '../formats/tools.js';

const SYNC = {
  'of coreutils': 'echo "$@" >>LOG; exec /bin/sync "$@"',
  'without -f': 'echo "$@" >>LOG; case $# in 0) exit 0;; *) exit 1;; esac',
  'on a disk that fails':
    'echo "$@" >>LOG; case "$*" in *null) exit 0;; *) echo "sync: $3: Input/output error" >&2; exit 1;; esac',
};

async function hostWith(kind: keyof typeof SYNC, folder: { path: string; at(name: string): string }) {
  await mkdir(folder.at('bin'));
  await writeFile(folder.at('bin/sync'), `#!/bin/sh\n${SYNC[kind].replace('LOG', folder.at('log'))}\n`);
  await chmod(folder.at('bin/sync'), 0o755);
  const near = openDirectory(hostFacts(folder.path), ports);
  const host: TargetHost = {
    ...near,
    run: (argv, options) =>
      ports.run(['env', `PATH=${folder.at('bin')}:${process.env['PATH']}`, ...argv], options),
  };
  const asked = async () => (await readFile(folder.at('log'), 'utf8')).split('\n').slice(0, -1);
  return { host, asked };
}

const FILES = [{ path: 'a/b', content: { text: 'ab' }, secret: false }];

it.each([
  ['of coreutils', (folder: string) => ['-f -- /dev/null', `-f -- ${folder}`]],
  ['without -f', () => ['-f -- /dev/null', '']],
] as const)('a sync %s brings links and files to the disk', async (kind, told) => {
  await using folder = await testFolder();
  const { host, asked } = await hostWith(kind, folder);
  await putLink(host, folder.at('links/current'), '1', 'switch');
  await fillFolder(host, folder.at('files'), FILES);
  expect(await asked()).toEqual([...told(folder.at('links')), ...told(folder.at('files'))]);
  expect(await readFile(folder.at('files/a/b'), 'utf8')).toBe('ab');
});

it('a disk that fails is told of', async () => {
  await using folder = await testFolder();
  const { host } = await hostWith('on a disk that fails', folder);
  const reason = { command: { lastLines: [expect.stringContaining('Input/output error') as string] } };
  await expect(putLink(host, folder.at('current'), '1', 'switch')).rejects.toMatchObject(reason);
  await expect(fillFolder(host, folder.at('files'), FILES)).rejects.toMatchObject(reason);
});
