/** The switch, with the `mv` of coreutils and that of busybox, while a reader looks all the time. */
import { mkdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { putLink } from '../../hosts/apply/links.js';
import { openDirectory } from '../../hosts/host/directory.js';
import type { TargetHost } from '../../hosts/host/host.js';
import { ports, testFolder } from '../artifacts/formats/tools.js';
import { hostFacts } from '../util/hosts.js';

it.each(['coreutils', 'busybox'])('a link takes the place of another at one moment: %s', async (kind) => {
  await using folder = await testFolder();
  const near = openDirectory(hostFacts(folder.path), ports);
  const host: TargetHost =
    kind === 'coreutils'
      ? near
      : { ...near, run: (argv, options) => ports.run(['busybox', ...argv] as never, options) };
  for (const name of ['1', '2']) {
    await mkdir(folder.at(name));
    await writeFile(folder.at(`${name}/name`), name);
  }
  await putLink(host, folder.at('current'), '1', 'switch');
  const looker = { done: false };
  const seen = new Set<string>();
  const looking = (async () => {
    while (!looker.done) seen.add(await readFile(folder.at('current/name'), 'utf8'));
  })();
  for (let count = 0; count < 20; count += 1)
    await putLink(host, folder.at('current'), count % 2 === 0 ? '2' : '1', 'switch');
  looker.done = true;
  await looking;
  expect([...seen].sort()).toEqual(['1', '2']);
  expect(await readlink(folder.at('current'))).toBe('1');
  expect(await readFile(folder.at('1/name'), 'utf8')).toBe('1');
});
