/** `lunsmith release`, on a host that is a folder with a real tgtd: what keeps a release there, and what becomes of one that goes. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ReleaseRow } from '../../app/site/releases.js';
import { type HostHome, hostHome } from './a-host.js';
import { hostCalls } from './host-calls.js';

const MIB = 2 ** 20;
let host: HostHome;
const { ok, events, failure, changes, unlocked, everything } = hostCalls(() => host);
const digests: Record<string, string> = {};
const name = (version: string) => `debian-bookworm@${digests[version]?.slice(0, 12)}`;
const path = (version: string) => join(host.home, 'out/debian-bookworm/releases', digests[version] ?? '');

beforeAll(async () => {
  vi.stubEnv('LUNSMITH_SITE', undefined);
  vi.stubEnv('LUNSMITH_WORKSPACE', undefined);
  host = await hostHome();
  await writeFile(join(host.home, 'chap'), 'canary-5-77ae\n', { mode: 0o600 });
  await host.site(`    gate: []
channels: [stable]
clients:
  web1: { mac: '52:54:00:00:00:01', channel: stable, secret: 'file:chap' }
`);
  for (const version of ['v1', 'v2', 'v3']) {
    const release = await host.release(version, Buffer.alloc(MIB, version));
    digests[version] = release.slice(release.lastIndexOf('/') + 1);
  }
  for (const version of ['v2', 'v3', 'v1']) await events(0, 'publish', path(version));
  await changes('promote', name('v1'), 'stable');
  await changes('client', 'add', 'web1');
  await changes('promote', name('v2'), 'stable');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await host[Symbol.asyncDispose]();
});

it('ls tells what keeps each of them, the one that was published last first', async () => {
  const rows = JSON.parse(await ok('release', 'ls', '--json')) as ReleaseRow[];
  expect(rows.map(({ digest, needed }) => [digest, needed])).toEqual([
    [digests['v1'], ['a rollback of the channel stable leads to it', 'the client web1 has a clone of it']],
    [digests['v3'], []],
    [digests['v2'], ['the channel stable is at it', 'the client web1 has a clone of it']],
  ]);
  expect(await ok('release', 'ls')).toMatch(/debian-bookworm@\S+ +1 MiB +nothing: it may be removed\n/);
});

it.each([
  [['rm', 'v1'], 'is needed on lab.', /^a rollback of the channel stable leads to it; the client web1/],
  [['rm', 'v3', 'v2'], 'is needed on lab.', /^the channel stable is at it/],
  [['rm', 'debian-bookworm'], 'shall go is not said.', /^debian-bookworm$/],
  [['rm', 'debian-bookworm@0123456789'], 'is not on lab.', undefined],
])('%j is refused', async ([verb = '', ...names], what, found) => {
  const before = await unlocked();
  const args = names.map((each) => (digests[each] === undefined ? each : name(each)));
  const told = await failure(2, 'release', verb, ...args);
  expect(told.what).toContain(what);
  if (found !== undefined) expect(told.found).toMatch(found);
  expect(await unlocked()).toEqual(before);
});

it('prune keeps the last ones, and all that is needed: --dry-run tells each line', async () => {
  const lines = [`release ${name('v3')}: is removed`];
  const before = await everything();
  expect(await changes('release', 'prune', '--keep', '2', '--dry-run')).toEqual([]);
  expect(await changes('release', 'prune', '--keep', '1', '--dry-run')).toEqual(lines);
  expect(await everything()).toEqual(before);
  expect(await changes('release', 'prune', '--keep', '0')).toEqual(lines);
  const left = (await unlocked()).filter((line) => line.includes(digests['v3'] ?? ''));
  // Its place in the order of publications is forgotten by the next one.
  expect(left).toEqual([]);
  expect(await changes('release', 'prune', '--keep', '0')).toEqual([]);
});

it('one that was removed can be published again', async () => {
  expect((await events(0, 'publish', path('v3'))).at(-1)).toMatchObject({ already: false });
  expect(await changes('release', 'rm', name('v3'))).toEqual([`release ${name('v3')}: is removed`]);
});

it('a removal that is cut off leaves a part of a release, which doctor names and the next publication takes over', async () => {
  await events(0, 'publish', path('v3'));
  const [there, part] = ['releases', 'incoming'].map((folder) =>
    join(host.home, 'lab', folder, digests['v3'] ?? ''),
  );
  await mkdir(join(host.home, 'lab/incoming'), { recursive: true });
  await rename(there ?? '', part ?? '');
  expect((await ok('release', 'ls')).includes(name('v3'))).toBe(false);
  expect(await changes('release', 'prune', '--keep', '0')).toEqual([]);
  expect((await events(0, 'publish', path('v3'))).at(-1)).toMatchObject({ already: false });
  expect(await ok('doctor')).toBe('lab  all agrees\n');
});
