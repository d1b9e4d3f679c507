/** LUNs that were deleted, with a real tgtd: kept, told of, brought back, and removed for good. */
import { readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { DeletedRow } from '../../app/site/deleted.js';
import type { HostStatus } from '../../app/site/status.js';
import { readState } from '../../hosts/apply.js';
import { openDirectory } from '../../hosts/host/directory.js';
import { adapterOf } from '../../hosts/target/adapters.js';
import { ports } from '../artifacts/formats/tools.js';
import { hostFacts } from '../util/hosts.js';
import { type HostHome, hostHome } from './a-host.js';
import { hostCalls } from './host-calls.js';

const MIB = 2 ** 20;
let host: HostHome;
const { lunsmith, ok, events, failure, changes, unlocked, siteText } = hostCalls(() => host);
const names: string[] = [];

const client = (number: number) =>
  `  # Of number ${number}.\n  web${number}: { mac: '52:54:00:00:00:0${number}', channel: stable, size: 2M, secret: 'file:chap' }\n`;
const site = (clients: string, ofHost = '') =>
  host.site(`    gate: []\n${ofHost}channels: [edge, stable]\nclients:\n${clients}`);
const both = () => site(client(1) + client(2));

beforeAll(async () => {
  vi.stubEnv('LUNSMITH_SITE', undefined);
  host = await hostHome();
  await writeFile(join(host.home, 'chap'), 'canary-5-77ae\n', { mode: 0o600 });
  await both();
  for (const version of ['v1', 'v2']) {
    const release = await host.release(version, Buffer.alloc(MIB, version));
    names.push(`debian-bookworm@${release.slice(release.lastIndexOf('/') + 1).slice(0, 12)}`);
    await events(0, 'publish', release);
  }
  await events(0, 'promote', names[0] ?? '', 'stable');
  await events(0, 'client', 'add', '--all');
});
beforeEach(both);
afterAll(async () => {
  vi.unstubAllEnvs();
  await host[Symbol.asyncDispose]();
});

const directory = () => openDirectory(hostFacts(join(host.home, 'lab')), ports);
const current = async (name: string) => {
  const had = (await readState(directory())).clients[name]?.images['main'];
  const found = had?.generations.find(({ id }) => id === had.current);
  if (found === undefined) throw new Error(`${name} boots nothing`);
  return found;
};
const offered = async () => {
  const shown = await adapterOf('tgt', { tgtSocket: `${host.socket}.0` }).show(directory(), ports);
  return shown.map(({ target }) => target);
};
const deleted = async () => JSON.parse(await ok('client', 'ls', '--deleted', '--json')) as DeletedRow[];
const write = (disk: string, text: string) => writeFile(disk, text, { flag: 'r+' });
const begins = async (disk: string) => (await readFile(disk)).toString('latin1', 0, 8);

it('a client that was removed comes back with its LUN, its secret and its entry', async () => {
  const { disk, target } = await current('web1');
  await write(disk, 'precious');
  await changes('client', 'rm', 'web1', '--yes');
  expect([await siteText(), await offered()]).not.toContainEqual(expect.stringContaining('web1'));
  expect(await readdir(join(host.home, 'lab/secrets'))).toEqual(['web2']);
  expect(await begins(disk)).toBe('precious');
  const [row, ...others] = await deleted();
  expect(others).toEqual([]);
  expect(row).toMatchObject({
    ...{ host: 'lab', client: 'web1', image: 'main', luns: 1, change: 3, overdue: false },
    allocated: expect.any(Number) as unknown,
  });
  expect(Date.parse(row?.until ?? '') - Date.parse(row?.at ?? '')).toBe(7 * 86_400_000);
  expect(await ok('client', 'ls', '--deleted')).toMatch(/^client .*\nweb1 +main .* 3 +lab /);
  const status = JSON.parse(await ok('status', '--json')) as HostStatus;
  expect(status).toMatchObject({ deleted: { luns: 1, allocated: row?.allocated }, space: { luns: 1 } });
  expect(await ok('status')).toContain('1 deleted LUN takes at most');
  expect(await ok('doctor')).toBe('lab  all agrees\n');

  const told = await changes('client', 'undelete', 'web1', '--dry-run');
  expect(await changes('client', 'undelete', 'web1')).toEqual(told);
  expect(told?.at(-1)).toBe('lunsmith.yaml: client web1 is added again');
  expect(await siteText()).toContain(
    '  web1:\n    mac: 52:54:00:00:00:01\n    channel: stable\n    size: 2M\n    secret: file:chap\n',
  );
  expect(await current('web1')).toMatchObject({ disk, target });
  expect(await begins(disk)).toBe('precious');
  expect(await offered()).toContain(target);
  expect([await deleted(), await ok('doctor')]).toEqual([[], 'lab  all agrees\n']);
  expect(await ok('client', 'ls', '--deleted')).toBe('Nothing that was deleted is kept.\n');
});

it('a LUN that was reset is there again, and a release of one stays', async () => {
  const { disk } = await current('web1');
  await changes('client', 'reset', 'web1', 'web2', '--yes');
  await changes('promote', names[1] ?? '', 'stable');
  await changes('promote', names[1] ?? '', 'edge');
  expect(await failure(2, 'release', 'rm', names[0] ?? '')).toMatchObject({
    found: expect.stringContaining('a LUN of the client web1 that was deleted is a clone of it') as unknown,
  });
  const lines = await changes('client', 'undelete', 'web[1-2]');
  expect(lines).toHaveLength(2);
  expect(await current('web1')).toMatchObject({ disk });
  expect(await begins(disk)).toBe('precious');
  expect(await ok('doctor')).toBe('lab  all agrees\n');
});

it('what several calls at once want back comes back once', async () => {
  await events(0, 'client', 'prune', '--all', '--yes');
  const { disk } = await current('web2');
  await changes('client', 'reset', 'web2', '--yes');
  const calls = await Promise.all([1, 2].map(() => lunsmith(['client', 'undelete', 'web2', '--json'])));
  expect(await current('web2')).toMatchObject({ disk });
  expect(calls.map(({ code }) => code).sort()).toEqual([0, 2]);
});

it('a site that cannot be written is told, and the same call goes on and no further', async () => {
  await changes('client', 'reset', 'web1', '--yes');
  const { disk } = await current('web1');
  await changes('client', 'rm', 'web1', '--yes');
  const [file, long] = [join(host.home, 'lunsmith.yaml'), join(host.home, 'x'.repeat(250))];
  await rename(file, long);
  await symlink(long, file);
  expect(await failure(4, 'client', 'undelete', 'web1')).toMatchObject({
    what: 'The target host is changed, but lunsmith.yaml is not: it could not be written.',
  });
  await rename(long, file);
  expect(await siteText()).not.toContain('web1');
  expect(await changes('client', 'undelete', 'web1')).toEqual(['lunsmith.yaml: client web1 is added again']);
  expect(await current('web1')).toMatchObject({ disk });
});

it('what cannot be done is refused, and nothing is changed', async () => {
  await events(0, 'client', 'prune', '--all', '--yes');
  await events(0, 'client', 'reset', 'web1', '--yes');
  const before = await unlocked();
  for (const [what, ...args] of [
    ['Neither the site nor a host knows the client web9.', 'undelete', 'web9'],
    ['lab has nothing of web2 that was deleted.', 'undelete', 'web2'],
    ['lab has nothing of web1 that was deleted and is meant.', 'undelete', 'web1', '--change', '1'],
    ['`web[2-1]` is no range of clients.', 'undelete', 'web[2-1]'],
    ['lab has nothing of web2 that was deleted.', 'prune', 'web2', '--yes'],
    ['Clients were named, and all were asked for too.', 'prune', 'web1', '--all', '--yes'],
    ['LUNs of lab would be removed, with all that was written to them.', 'prune', 'web1'],
    ['LUNs of lab would be removed, with all that was written to them.', 'rm', 'web1', '--purge'],
    ['With `--purge` and without `--discard` nothing would be removed', 'rebase', 'web1', '--purge'],
  ] as const)
    expect((await failure(2, 'client', ...args)).what).toContain(what);
  expect(await unlocked()).toEqual(before);
});

it('what is kept no longer is told of, and goes with the next change or at once', async () => {
  const luns = () => readdir(join(host.home, 'lab/clients'), { recursive: true });
  await events(0, 'client', 'prune', '--all', '--yes');
  const before = await luns();
  await events(0, 'client', 'reset', 'web1', '--yes');
  expect(await luns()).toHaveLength(before.length + 1);
  await site(client(1) + client(2), '    retention: 0\n');
  expect(await ok('doctor')).toContain('are kept for longer than the site says');
  expect(await deleted()).toMatchObject([{ client: 'web1', overdue: true }]);
  expect(await changes('client', 'prune')).toEqual([
    expect.stringMatching(/^client web1: its clone \S+ of main was deleted, and has been kept for its time/),
  ]);
  expect(await luns()).toHaveLength(before.length);
  expect(await changes('client', 'prune')).toEqual([]);
  const { disk } = await current('web2');
  await changes('client', 'rm', 'web2', '--yes');
  expect(await luns()).not.toContainEqual(expect.stringContaining(disk));
  expect(await ok('doctor')).toBe('lab  all agrees\n');
  await both();
  expect(await failure(2, 'client', 'undelete', 'web2')).toMatchObject({
    what: 'lab has nothing of web2 that was deleted.',
  });
});
