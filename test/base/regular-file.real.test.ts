import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Failure } from '../../base/failure.js';
import { openRegular, readRegular } from '../../base/regular-file.js';

let folder: string;
const server = createServer();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-regular-'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await writeFile(join(folder, 'file'), 'text');
  await writeFile(join(folder, 'huge'), '');
  await truncate(join(folder, 'huge'), 2 ** 43);
  await symlink('file', join(folder, 'link'));
  await symlink('link', join(folder, 'round'));
  await mkdir(join(folder, 'folder'));
  await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const failure = (work: Promise<unknown>) => work.then(() => undefined, Failure.from);

it('reads a file, and follows a link where that is wanted', async () => {
  const most = 4;
  expect(String(await readRegular(join(folder, 'file'), { most }))).toBe('text');
  expect(String(await readRegular(join(folder, 'link'), { most, follow: true }))).toBe('text');
  // Files of /proc say that they are empty.
  expect(String(await readRegular('/proc/self/comm', { most: 100 }))).not.toBe('');
});

it.each([
  ['pipe', 'a pipe'],
  ['link', 'a symbolic link'],
  ['round', 'a symbolic link'],
  ['folder', 'a folder'],
  ['socket', 'a socket'],
])('opens no %s', async (name, found) => {
  const refused = await failure(openRegular(join(folder, name)));
  expect([refused?.kind, refused?.diagnostics[0].found]).toEqual(['integrity', found]);
});

it('opens no device', async () => {
  expect((await failure(openRegular('/dev/zero')))?.diagnostics[0].found).toBe('a device');
});

it.each([['file'], ['huge']])('reads no more than it may of %s', async (name) => {
  const refused = await failure(readRegular(join(folder, name), { most: 3, kind: 'recipe', shown: 'it' }));
  expect([refused?.kind, refused?.message]).toEqual(['recipe', 'it is too large.']);
});

it('says of what the system refuses where it is', async () => {
  const refused = await failure(openRegular(join(folder, 'file', 'below')));
  expect([refused?.kind, refused?.message]).toEqual([
    'host',
    `The system refuses to open ${folder}/file/below.`,
  ]);
});
