/** `client export` and `client restore` with a real tgtd: a LUN leaves its host as a file, and comes back as it was. */
import { copyFile, mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readState } from '../../hosts/apply.js';
import { openDirectory } from '../../hosts/host/directory.js';
import { adapterOf } from '../../hosts/target/adapters.js';
import { ports, run } from '../artifacts/formats/tools.js';
import { holdSession, inquire } from '../hosts/target/initiator.js';
import { hostFacts } from '../util/hosts.js';
import { type HostHome, hostHome } from './a-host.js';
import { hostCalls } from './host-calls.js';

const MIB = 2 ** 20;
const SECRET = 'canary-5-77ae';
let host: HostHome;
const { ok, events, failure, changes, unlocked } = hostCalls(() => host);
const names: string[] = [];
const at = (name: string) => join(host.home, name);

beforeAll(async () => {
  vi.stubEnv('LUNSMITH_SITE', undefined);
  host = await hostHome();
  await host.site(`    gate: []
channels: [stable]
clients:
  web1: { mac: '52:54:00:00:00:01', channel: stable, size: 64M, secret: 'file:chap' }
  web2: { mac: '52:54:00:00:00:02', channel: stable, secret: 'file:chap' }
  pc3: { mac: '52:54:00:00:00:03', images: [{ name: data, blank: 40M }], secret: 'file:chap' }
`);
  await writeFile(at('chap'), `${SECRET}\n`, { mode: 0o600 });
  for (const version of ['v1', 'v2']) {
    const release = await host.release(version, Buffer.alloc(MIB, version));
    names.push(`debian-bookworm@${release.slice(release.lastIndexOf('/') + 1).slice(0, 12)}`);
    await events(0, 'publish', release);
  }
  await events(0, 'promote', names[0] ?? '', 'stable');
  await events(0, 'client', 'add', '--all');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await host[Symbol.asyncDispose]();
});

const directory = () => openDirectory(hostFacts(at('lab')), ports);
const adapter = () => adapterOf('tgt', { tgtSocket: `${host.socket}.0` });
const current = async (client: string, image = 'main') => {
  const state = (await readState(directory())).clients[client];
  const had = state?.images[image];
  const found = had?.generations.find(({ id }) => id === had.current);
  if (state === undefined || found === undefined) throw new Error(`${client} boots nothing`);
  return { ...found, initiator: state.facts.initiator, chap: { user: state.facts.account, secret: SECRET } };
};
/** As a client would that uses a little of its disk. */
async function write(disk: string, ...pieces: readonly (readonly [offset: number, text: string])[]) {
  await using file = await open(disk, 'r+');
  for (const [offset, text] of pieces) await file.write(text, offset);
}

it('comes back as it was after the client has changed it, and what took its place can come back too', async () => {
  const before = await current('web1');
  await write(before.disk, [3 * MIB, 'precious'], [50 * MIB + 7, 'more of it']);
  const kept = await readFile(before.disk);
  const out = await ok('client', 'export', 'web1', '--output', 'web1.tar.gz');
  expect(out).toMatch(
    /exported main of web1 on lab, generation \S+, 64 MiB, of which 1\.13 MiB are in use.*web1\.tar\.gz/,
  );
  expect(out).toContain('back again: npx lunsmith client restore web1 main --from');
  expect((await stat(at('web1.tar.gz'))).mode & 0o777).toBe(0o600);
  expect((await readFile(before.disk)).equals(kept)).toBe(true);
  expect((await readdir(host.home)).filter((name) => name.includes('export'))).toEqual([]);
  // It needs no lunsmith to be read.
  await mkdir(at('unpacked'));
  await run(['tar', '-xzf', at('web1.tar.gz'), '-C', at('unpacked')], { doing: 'unpack it' });
  expect((await readFile(at('unpacked/disk.img'))).equals(kept)).toBe(true);

  await write(before.disk, [3 * MIB, 'ruined!!'], [20 * MIB, 'and more']);
  await events(0, 'promote', names[1] ?? '', 'stable');
  const ruined = await current('web1');
  const told = await changes('client', 'restore', 'web1', '--from', 'web1.tar.gz', '--yes', '--dry-run');
  expect(await current('web1')).toEqual(ruined);
  expect(await changes('client', 'restore', 'web1', '--from', 'web1.tar.gz', '--yes')).toEqual(told);
  expect(told).toEqual([
    `client web1: its next boot of main is a LUN of ${names[0]} with what was exported of web1; what was written to ${ruined.id} can be brought back`,
    expect.stringContaining(`its clone ${ruined.id} of main is deleted, and kept for 7 days`),
  ]);
  const restored = await current('web1');
  expect(restored).toMatchObject({ release: before.release, bytes: 64 * MIB });
  expect((await readFile(restored.disk)).equals(kept)).toBe(true);
  expect((await stat(restored.disk)).blocks * 512).toBeLessThan(4 * MIB);
  expect((await stat(restored.disk)).mode & 0o777).toBe(0o600);
  expect(
    await inquire({ ...restored, backing: 'file' }, { address: '127.0.0.1', port: host.port }, 1),
  ).toContain(restored.serial);
  expect(await ok('doctor')).toBe('lab  all agrees\n');
  await changes('client', 'undelete', 'web1');
  expect(await current('web1')).toMatchObject({ id: ruined.id, disk: ruined.disk });
});

it('a LUN of nothing, and one for another machine', async () => {
  const { disk } = await current('pc3', 'data');
  await write(disk, [MIB, 'data of pc3']);
  await ok('client', 'export', 'pc3', '--output', 'pc3.tar.gz');
  await events(0, 'client', 'reset', 'pc3', '--yes');
  await events(0, 'client', 'restore', 'pc3', '--from', 'pc3.tar.gz', '--yes');
  const restored = await current('pc3', 'data');
  expect((await readFile(restored.disk)).toString('latin1', MIB, MIB + 11)).toBe('data of pc3');
  expect(restored.release).toBeUndefined();
  const said = await events(0, 'client', 'restore', 'web2', '--from', 'web1.tar.gz', '--yes');
  expect(said.at(-1)).toMatchObject({
    notes: ['It was exported of web1: host name, keys and machine ID on it are those of that machine.'],
  });
  expect((await current('web2')).bytes).toBe(64 * MIB);
  expect(await ok('doctor')).toBe('lab  all agrees\n');
});

it('nothing is exported or restored while the client is logged in', async () => {
  const lun = await current('web1');
  const portal = { address: '127.0.0.1', port: host.port };
  await using _session = await holdSession({ ...lun, backing: 'file' }, portal, 1, () =>
    adapter().sessions(directory(), ports),
  );
  const before = await unlocked();
  expect(await failure(2, 'client', 'export', 'web1', '--output', 'busy.tar.gz')).toMatchObject({
    what: `The target ${lun.target} has a session.`,
    found: lun.initiator,
  });
  expect(await failure(2, 'client', 'restore', 'web1', '--from', 'web1.tar.gz', '--yes')).toMatchObject({
    what: 'Cannot restore main of web1: web1 is running from it.',
  });
  expect(await unlocked()).toEqual(before);
});

it('what cannot be done is refused, and nothing is changed', async () => {
  await copyFile(at('web1.tar.gz'), at('damaged.tar.gz'));
  await using file = await open(at('damaged.tar.gz'), 'r+');
  await file.write(Buffer.from([0xff, 0xff, 0xff]), 0, 3, (await file.stat()).size - 40);
  const before = await unlocked();
  for (const [code, what, ...args] of [
    [
      9,
      'damaged.tar.gz is damaged. Nothing was changed.',
      'restore',
      'web1',
      '--from',
      'damaged.tar.gz',
      '--yes',
    ],
    [2, 'chap is no LUN that was exported.', 'restore', 'web1', '--from', 'chap', '--yes'],
    [2, 'none is not there.', 'restore', 'web1', '--from', 'none', '--yes'],
    [
      2,
      'main of web1 cannot be restored from this file.',
      'restore',
      'web1',
      'main',
      '--from',
      'pc3.tar.gz',
      '--yes',
    ],
    [2, 'The client web1 has no image data.', 'restore', 'web1', '--from', 'pc3.tar.gz', '--yes'],
    [2, 'LUNs of lab would be ', 'restore', 'web1', '--from', 'web1.tar.gz'],
    [2, 'chap is there already.', 'export', 'web1', '--output', 'chap'],
    [2, 'The LUN cannot be exported.', 'export', 'web1', '--output', 'no/such/folder/file'],
    [2, 'There is no LUN of web1 on lab to be taken.', 'export', 'web1', 'other', '--output', 'x.tar.gz'],
  ] as const)
    expect((await failure(code, 'client', ...args)).what).toContain(what);
  expect(await unlocked()).toEqual(before);
});

it('a release that is gone is named, with what to do', async () => {
  await rm(at(`lab/releases`), { recursive: true });
  const refused = await failure(2, 'client', 'restore', 'web2', '--from', 'web1.tar.gz', '--yes');
  expect(refused.what).toBe(`The release ${names[0]} is not on lab.`);
  expect(refused.hint).toContain('npx lunsmith publish');
});
