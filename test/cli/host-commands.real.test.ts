/** The commands that change a target host, on one that is a folder with a real tgtd: what they say, and what they leave alone. */
import { readdir, readFile, rename, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HostStatus } from '../../app/site/status.js';
import { writeProof } from '../../artifacts/release/release.js';
import { proofOf } from '../util/hosts.js';
import { type HostHome, hostHome } from './a-host.js';
import { hostCalls } from './host-calls.js';

const MIB = 2 ** 20;
const MAC = '52:54:00:00:00:01';
const CLIENTS = `    gate: [bios-san]
channels: [edge, stable]
clients:
  # The first one.
  web1: { mac: '${MAC}', channel: stable, secret: 'file:chap' }
`;

let host: HostHome;
const { lunsmith, ok, events, failure, changes, unlocked, everything, siteText } = hostCalls(() => host);
/** Of releases: v1 and v2 are proven, v3 is not. */
const digests: Record<string, string> = {};
const name = (version: string) => `debian-bookworm@${digests[version]?.slice(0, 12)}`;
const path = (version: string) => join(host.home, 'out/debian-bookworm/releases', digests[version] ?? '');

beforeAll(async () => {
  host = await hostHome();
  for (const version of ['v1', 'v2', 'v3']) {
    const release = await host.release(version, Buffer.alloc(MIB, version));
    const digest = release.slice(release.lastIndexOf('/') + 1);
    digests[version] = digest;
    if (version !== 'v3')
      await writeProof(release, proofOf(digest, { firmware: 'bios', path: 'san', secret: 'right' }));
  }
  await writeFile(join(host.home, 'chap'), 'canary-5-77ae\n', { mode: 0o600 });
});
beforeEach(async () => {
  vi.stubEnv('LUNSMITH_SITE', undefined);
  vi.stubEnv('LUNSMITH_WORKSPACE', undefined);
  await host.site(CLIENTS);
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => host[Symbol.asyncDispose]());

it('status of a host that nothing was done to says what to do', async () => {
  expect(await ok('status')).toContain(
    'Releases\n  nothing was published yet: npx lunsmith publish out/RECIPE/latest --to lab\n',
  );
  expect(await readdir(host.home)).not.toContain('lab');
});

describe('publish', () => {
  it('tells a release, a site and a host that there are not', async () => {
    expect(await failure(2, 'publish', path('v1'), '--to', 'lap')).toEqual({
      ...{ kind: 'usage', what: 'The site has no target host `lap`.', hint: 'Did you mean `lab`?' },
    });
    expect(await failure(2, 'publish', path('v1'), '--site', 'nowhere.yaml')).toEqual({
      ...{ kind: 'usage', what: 'There is no file nowhere.yaml.' },
      expected: 'a site file such as lunsmith.yaml',
    });
    expect(await failure(2, 'publish', 'out')).toMatchObject({ kind: 'usage' });
  });

  it('a release that is damaged is not sent', async () => {
    const copy = await host.release('v4', Buffer.alloc(MIB, 'v4'));
    await truncate(join(copy, 'disk.img'), MIB - 4096);
    expect(await failure(9, 'publish', copy)).toEqual({
      kind: 'integrity',
      what: `The release ${copy} is damaged; it was not sent.`,
      expected: 'the files that its manifest names, and no others',
      found: expect.stringContaining('disk.img') as unknown,
      hint: 'Build it again.',
    });
    await rm(copy, { recursive: true });
  });

  it('says what it did, and the second time that it was there', async () => {
    const seen = await events(0, 'publish', path('v1'));
    const types = new Set(seen.map(({ type }) => type));
    expect([...types].filter((type) => type !== 'progress')).toEqual([
      'started',
      'task-started',
      'task-finished',
      'published',
    ]);
    expect(seen.at(-1)).toMatchObject({
      ...{ recipe: 'debian-bookworm', digest: digests['v1'], host: 'lab', already: false },
      path: join(host.home, 'lab/releases', digests['v1'] ?? ''),
    });
    expect((await events(0, 'publish', path('v1'))).at(-1)).toMatchObject({ already: true });
    await ok('publish', path('v2'));
    await ok('publish', path('v3'));
  });
});

describe('promote and rollback', () => {
  it.each([
    [
      ['promote', 'debian-bookworm@0123456789', 'stable'],
      2,
      {
        kind: 'usage',
        what: 'The release debian-bookworm@0123456789 is not on lab.',
        expected: expect.stringMatching(/^one of (debian-bookworm@[0-9a-f]{12}(, |$)){3}/) as unknown,
        hint: 'Publish it: npx lunsmith publish RELEASE --to lab',
      },
    ],
    [
      ['rollback', 'stable'],
      2,
      {
        kind: 'usage',
        what: 'There is nothing that the channel stable of lab could go back to.',
        expected: 'two releases that were promoted one after the other',
        found: 'no release',
      },
    ],
    [
      ['rollback', 'beta'],
      2,
      {
        kind: 'usage',
        what: 'There is no channel beta.',
        expected: 'one of edge and stable',
        found: 'beta',
        hint: 'Add it to `channels` of lunsmith.yaml if it shall exist.',
      },
    ],
  ])('%j is refused', async (args, code, told) => {
    const before = await unlocked();
    expect(await failure(code, ...args)).toEqual(told);
    expect(await unlocked()).toEqual(before);
  });

  it('a release that is not proven is refused, and --dry-run says so too', async () => {
    const before = await unlocked();
    const told = {
      kind: 'proof',
      what: `${name('v3')} may not be promoted on lab: it is not proven.`,
      expected: 'a passed proof of bios-san',
      found: 'bios-san: no proof',
      hint: `Prove it, then publish it again: npx lunsmith prove out/debian-bookworm/releases/${digests['v3']} --for lab`,
    };
    expect(await failure(10, 'promote', name('v3'), 'stable')).toEqual(told);
    expect(await failure(10, 'promote', name('v3'), 'stable', '--dry-run')).toEqual(told);
    expect(await unlocked()).toEqual(before);
  });

  it('--dry-run tells each line of what is done then', async () => {
    const before = await everything();
    const args = ['promote', name('v1'), 'stable'];
    expect(await ok(...args, '--dry-run', '--plain')).toBe(
      `[    0.0] would change lab:\n[    0.0]   channel stable: nothing -> ${name('v1')}\n`,
    );
    const told = await changes(...args, '--dry-run');
    expect(await everything()).toEqual(before);
    expect(await changes(...args)).toEqual(told);
    expect(await ok(...args, '--plain')).toContain(
      `lab: nothing to change\n[    0.0]   The channel stable is at ${name('v1')} already.\n`,
    );
  });

  it('of a recipe alone takes what was published last, and says so, whatever the times of files', async () => {
    const future = new Date(Date.now() + 86_400_000);
    await utimes(join(host.home, 'lab/releases', digests['v2'] ?? '', 'manifest.json'), future, future);
    await ok('publish', path('v1'), '--plain');
    const why = `${name('v1')} is taken: of the 3 releases of debian-bookworm on lab it was published last.`;
    const [event] = (await events(0, 'promote', 'debian-bookworm', 'edge', '--dry-run')).slice(-1);
    expect(event).toMatchObject({ lines: [`channel edge: nothing -> ${name('v1')}`], notes: [why] });
    expect(await ok('promote', 'debian-bookworm', 'stable', '--plain')).toContain(why);
  });

  it('tells what it does as events', async () => {
    const seen = await events(0, 'promote', name('v2'), 'stable');
    expect(seen.map(({ type }) => type)).toEqual(['started', 'task-started', 'task-finished', 'changed']);
    expect(seen.at(-1)).toMatchObject({ host: 'lab', dryRun: false, lines: [expect.any(String)] });
    expect(await changes('rollback', 'stable')).toEqual([`channel stable: ${name('v2')} -> ${name('v1')}`]);
  });

  it('a target that does not answer fails before anything is changed', async () => {
    const before = await unlocked();
    const outcome = await lunsmith(['promote', name('v2'), 'stable'], { TGT_IPC_SOCKET: '/nowhere/tgtd' });
    expect(outcome.code).toBe(4);
    expect(await unlocked()).toEqual(before);
  });
});

describe('client', () => {
  it('a client that there is not', async () => {
    expect(await failure(2, 'client', 'add', 'web2')).toEqual({
      ...{ kind: 'usage', what: 'The site has no client `web2`.', hint: 'Did you mean `web1`?' },
    });
    expect(await failure(2, 'client', 'reset', 'web1')).toEqual({
      kind: 'usage',
      what: 'There is no client web1 on lab.',
      expected: 'a client; it has none',
      found: 'web1',
      hint: 'If the site has it, put it there: npx lunsmith client add web1',
    });
  });

  it('add: --dry-run tells each line of what is done then, that of the site too', async () => {
    const before = await everything();
    const args = ['client', 'add', 'web2', '--mac', '52:54:00:00:00:02', '--channel', 'stable'];
    args.push('--secret', 'file:chap');
    const told = await changes(...args, '--dry-run');
    expect(told).toEqual([
      'client web2: is new, iqn.2026-01.net.lunsmith:lab:client.web2',
      `client web2: its next boot of main is a fresh clone of ${name('v1')}`,
      'lunsmith.yaml: client web2 is added',
    ]);
    expect(await everything()).toEqual(before);
    expect(await changes(...args)).toEqual(told);
    expect(await siteText()).toContain(
      '  web2:\n    mac: 52:54:00:00:00:02\n    channel: stable\n    secret: file:chap\n',
    );
    expect(await failure(2, ...args)).toEqual({
      kind: 'usage',
      what: 'The site has a client `web2` already.',
      hint: 'Choose another name; or change it in the site, then run: npx lunsmith client add web2',
    });
  });

  it.each([
    ['the secret is not there', ['--mac', '52:54:00:00:00:03', '--secret', 'file:none'], 'is not there.'],
    ['the secret is too short', ['--mac', '52:54:00:00:00:03', '--secret', 'file:short'], 'is too short.'],
    [
      'the host has such a machine',
      ['--mac', '52:54:00:00:00:02', '--secret', 'file:chap'],
      'The MAC address of web3 is that of web2 on lab.',
    ],
  ])('add: the site stays as it is when the host refuses, for %s', async (_, facts, what) => {
    await writeFile(join(host.home, 'short'), 'short');
    const before = await unlocked();
    const refused = await failure(2, 'client', 'add', 'web3', '--channel', 'stable', ...facts);
    expect(refused.what).toContain(what);
    expect(await unlocked()).toEqual(before);
  });

  it('import: tells what it writes into the site, and that apply is next', async () => {
    const list = join(host.home, 'machines.csv');
    await writeFile(list, `name,mac\nweb1,${MAC}\nweb8,52:54:00:00:00:08\n`);
    const before = await everything();
    const there = 'lunsmith.yaml: has web1 already\n';
    expect(await ok('client', 'import', list, '--channel', 'stable', '--dry-run')).toBe(
      `${there}lunsmith.yaml: 1 client would be added: web8\n`,
    );
    expect(await everything()).toEqual(before);
    expect(await ok('client', 'import', list, '--channel', 'stable')).toBe(
      `${there}lunsmith.yaml: 1 client is added: web8\nNext: npx lunsmith apply --make-secrets --dry-run\n`,
    );
    expect(await siteText()).toContain(
      '  web8:\n    mac: 52:54:00:00:00:08\n    channel: stable\n    secret: file:secrets/web8\n',
    );
    const again = JSON.parse(await ok('client', 'import', list, '--json')) as object;
    expect(again).toEqual({ file: 'lunsmith.yaml', added: [], there: ['web1', 'web8'], left: [] });
  });

  it('add: what is wrong with the options is told before the host is asked', async () => {
    const before = await unlocked();
    const args = ['client', 'add', 'web3', '--mac', 'none', '--channel', 'stable', '--secret', 'file:chap'];
    expect(await failure(2, ...args)).toMatchObject({
      what: 'The client web3 cannot be added like that. Not a MAC address.',
      found: '`none`',
    });
    // The file has no such line yet, so none is named.
    const without = await failure(
      2,
      ...args.slice(0, 3),
      '--mac',
      '52:54:00:00:00:03',
      '--channel',
      'stable',
    );
    expect(without).not.toHaveProperty('place');
    expect(without).toMatchObject({
      what: 'The client web3 cannot be added like that. Missing key `secret`.',
      hint: 'Say it by an option of `client add`. lunsmith.yaml stays as it is.',
    });
    expect(await unlocked()).toEqual(before);
  });

  it('add: a site that cannot be written is told, and the same call goes on', async () => {
    const args = ['client', 'add', 'web3', '--mac', '52:54:00:00:00:03', '--channel', 'edge'];
    args.push('--secret', 'file:chap');
    // Beside a file with so long a name none can be written.
    const [file, long] = [join(host.home, 'lunsmith.yaml'), join(host.home, 'x'.repeat(250))];
    await rename(file, long);
    await symlink(long, file);
    const told = await failure(4, ...args);
    await rename(long, file);
    expect(told).toEqual({
      kind: 'host',
      what: 'The target host is changed, but lunsmith.yaml is not: it could not be written.',
      found: expect.stringContaining('ENAMETOOLONG') as unknown,
      hint: 'Mend that, then run the same command again.',
    });
    expect(await siteText()).not.toContain('web3');
    expect(await changes(...args)).toEqual(['lunsmith.yaml: client web3 is added']);
    expect(await siteText()).toContain('  web3:\n');
  });

  it('a promotion needs no secret of any client', async () => {
    await changes('client', 'add', 'web1');
    const secret = join(host.home, 'chap');
    const text = await readFile(secret, 'utf8');
    await rm(secret);
    expect(await changes('promote', name('v2'), 'stable')).toHaveLength(3);
    await writeFile(secret, text, { mode: 0o600 });
  });

  it('ls and status show them', async () => {
    const rows = JSON.parse(await ok('client', 'ls', '--json')) as { client: string; host: string }[];
    expect(rows.map((row) => [row.host, row.client])).toEqual([
      ['lab', 'web1'],
      ['lab', 'web2'],
      ['lab', 'web3'],
    ]);
    const status = JSON.parse(await ok('status', '--json')) as HostStatus;
    expect(Object.keys(status)).toEqual([
      ...['host', 'root', 'serial', 'channels', 'releases', 'images', 'sessions', 'portals'],
      ...['space', 'deleted', 'warnings'],
    ]);
    expect(status).toMatchObject({
      ...{ host: 'lab', root: join(host.home, 'lab'), sessions: [], warnings: [] },
      portals: [`127.0.0.1:${host.port}`],
      channels: [{ channel: 'stable', release: digests['v2'], by: 'promote', history: 4 }],
      images: [
        ...['web1', 'web2'].map((client) => ({
          ...{ client, image: 'main', channel: 'stable', release: digests['v2'], bytes: MIB },
          ...{ behind: false, next: true, live: false, kept: 1 },
        })),
        // Its channel has no release yet.
        { client: 'web3', image: 'main', channel: 'edge', behind: false, live: false, kept: 0 },
      ],
    });
    expect(await ok('status')).toContain(`stable   ${name('v2')}`);
    expect(await ok('metrics')).toContain(
      '\nlunsmith_client_behind{host="lab",client="web1",image="main",channel="stable"} 0\n',
    );
  });

  it('metrics are written for a collector at one stroke, or not at all', async () => {
    const file = join(host.home, 'lunsmith.prom');
    expect(await ok('metrics', '--output', file)).toBe('');
    const text = await readFile(file, 'utf8');
    expect(text).toContain('\nlunsmith_up{host="lab"} 1\n');
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    const none = await lunsmith(['metrics', '--output', join(host.home, 'none', 'x.prom')]);
    expect([none.code, none.err]).toEqual([4, expect.stringMatching(/none\/x\.prom cannot be written/)]);
    expect(await lunsmith(['status', '--on', 'lap'])).toEqual({
      ...{ code: 2, out: '' },
      err: 'error: The site has no target host `lap`.\n  Hint: Did you mean `lab`?\n',
    });
  });

  it('rm: --dry-run tells each line of what is done then, that of the site too', async () => {
    const before = await everything();
    const told = await changes('client', 'rm', 'web1', '--dry-run');
    expect(told).toEqual([
      'client web1: is removed, with its secret',
      expect.stringMatching(/^client web1: /),
      expect.stringMatching(/^client web1: /),
      'lunsmith.yaml: client web1 is removed',
    ]);
    expect(await everything()).toEqual(before);
    expect(await changes('client', 'rm', 'web1', '--keep-entry', '--dry-run')).toEqual(told?.slice(0, -1));
    const stays = await unlocked();
    const refused = await failure(2, 'client', 'rm', 'web1');
    expect(refused).toEqual({
      kind: 'usage',
      what: 'LUNs of lab would be taken from their clients.',
      expected: '`--yes`, if that is meant',
      found: expect.stringMatching(/^iqn\S+:lab:web1\.main\.\S+, iqn\S+:web1\.main\.\S+$/) as unknown,
      hint: 'See all that would change: the same command with `--dry-run`.',
    });
    expect(await unlocked()).toEqual(stays);
    expect(await changes('client', 'rm', 'web1', '--yes')).toEqual(told);
    expect(await siteText()).not.toContain('web1');
    expect(await siteText()).not.toContain('The first one.');
  });

  it('rm: takes the entry of a client that the host has no longer', async () => {
    const hosted = async () => (await unlocked()).filter((line) => !line.includes('clients:'));
    const before = await hosted();
    const entry = 'lunsmith.yaml: client web1 is removed';
    expect(await changes('client', 'rm', 'web1', '--keep-entry')).toEqual([]);
    expect(await siteText()).toContain('web1');
    expect(await changes('client', 'rm', 'web1')).toEqual([entry]);
    expect(await siteText()).not.toContain('web1');
    expect(await hosted()).toEqual(before);
    expect(await failure(2, 'client', 'rm', 'web1')).toMatchObject({
      what: 'The site has no client `web1`.',
    });
  });

  it('rm: takes several away, by one change of the host and one of the file', async () => {
    await host.site(`    gate: [bios-san]
clients:
  web1: { mac: '52:54:00:00:00:01', channel: stable, secret: 'file:chap' }
  web2: { mac: '52:54:00:00:00:02', channel: stable, secret: 'file:chap' }
`);
    const told = await changes('client', 'rm', 'web[1-2]', '--dry-run');
    expect(told?.filter((line) => line.endsWith('is removed, with its secret'))).toEqual([
      'client web2: is removed, with its secret',
    ]);
    // The host has the first one no longer.
    expect(told?.at(-1)).toBe('lunsmith.yaml: clients web1, web2 are removed');
    expect(await failure(2, 'client', 'rm', 'web2', 'web9', '--yes')).toMatchObject({
      what: 'The site has no client `web9`.',
    });
    expect(await siteText()).toContain('web2');
  });
});

it('doctor agrees with what these commands made', async () => {
  await host.site(`    gate: [bios-san]
clients:
  web2: { mac: '52:54:00:00:00:02', channel: stable, secret: 'file:chap' }
  web3: { mac: '52:54:00:00:00:03', channel: edge, secret: 'file:chap' }
`);
  expect(await ok('doctor')).toBe('lab  all agrees\n');
});

describe('a site with a host that cannot be reached', () => {
  beforeEach(() =>
    host.site('    gate: []\n  far:\n    connect: ssh://nobody@127.0.0.1:1\n    address: 127.0.0.1\n'),
  );

  it('wants a host to be named', async () => {
    expect(await failure(2, 'rollback', 'stable')).toEqual({
      ...{ kind: 'usage', what: 'The site has several target hosts, and none was named.' },
      expected: 'one of lab, far',
    });
  });

  it('says that it cannot be reached', async () => {
    expect(await failure(6, 'rollback', 'stable', '--on', 'far')).toMatchObject({ kind: 'network' });
    expect(await failure(6, 'publish', path('v1'), '--to', 'far')).toMatchObject({ kind: 'network' });
    expect((await lunsmith(['status', '--on', 'far'])).code).toBe(6);
  });

  it('is told of in metrics, beside the others', async () => {
    const file = join(host.home, 'hosts.prom');
    const { code, err } = await lunsmith(['metrics', '--output', file]);
    expect([code, err]).toEqual([6, expect.stringContaining('127.0.0.1')]);
    const up = (await readFile(file, 'utf8')).split('\n').filter((line) => line.startsWith('lunsmith_up'));
    expect(up).toEqual(['lunsmith_up{host="lab"} 1', 'lunsmith_up{host="far"} 0']);
  });
});
