/**
 * What `--dry-run` tells is what the same call without it does then, for every verb that has it: the same lines, or the same refusal, and
 * nothing changes in either. Hosts that are full or read-only: limits.real.test.ts.
 */
import { copyFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HostStatus } from '../../app/site/status.js';
import { writeProof } from '../../artifacts/release/release.js';
import type { Event } from '../../base/event.js';
import { readState } from '../../hosts/apply.js';
import { openDirectory } from '../../hosts/host/directory.js';
import { adapterOf } from '../../hosts/target/adapters.js';
import { ports } from '../artifacts/formats/tools.js';
import { holdSession } from '../hosts/target/initiator.js';
import { hostFacts, proofOf } from '../util/hosts.js';
import { type HostHome, hostHome } from './a-host.js';
import { hostCalls } from './host-calls.js';

const MIB = 2 ** 20;
let host: HostHome;
const { lunsmith, events, ok, unlocked, everything } = hostCalls(() => host);
const digests: Record<string, string> = {};
const name = (version: string) => `debian-bookworm@${digests[version]?.slice(0, 12)}`;
/** What was exported of web1. */
const KEPT = 'kept.tar.gz';
const lab = (...path: string[]) => join(host.home, 'lab', ...path);

const client = (number: number, more = '') =>
  `  web${number}: { mac: '52:54:00:00:00:0${number}', channel: stable, secret: 'file:chap'${more} }\n`;
const site = (clients: string, ofHost = '') =>
  host.site(`    gate: [bios-san]\n${ofHost}channels: [edge, stable]\nclients:\n${clients}`);
const usual = () => site(client(1) + client(2));

async function publish(version: string, table?: 'mbr'): Promise<void> {
  const release = await host.release(version, Buffer.alloc(MIB, version), table);
  const digest = release.slice(release.lastIndexOf('/') + 1);
  digests[version] = digest;
  if (version !== 'v3')
    await writeProof(release, proofOf(digest, { firmware: 'bios', path: 'san', secret: 'right' }));
  await events(0, 'publish', release);
}

beforeAll(async () => {
  vi.stubEnv('LUNSMITH_SITE', undefined);
  host = await hostHome();
  await writeFile(join(host.home, 'chap'), 'canary-5-77ae\n', { mode: 0o600 });
  await usual();
  for (const version of ['v1', 'v2', 'v3']) await publish(version);
  await publish('mbr', 'mbr');
  await events(0, 'promote', name('v1'), 'stable');
  await events(0, 'client', 'add', 'web1');
  await events(0, 'client', 'export', 'web1', '--output', KEPT);
});
beforeEach(usual);
afterAll(async () => {
  vi.unstubAllEnvs();
  await host[Symbol.asyncDispose]();
});

/** Every verb that has `--dry-run`, as it is refused by nothing; those that touch no LUN and no client are last. */
const VERBS: Record<string, (() => string[]) | undefined> = {
  promote: () => ['promote', name('v2'), 'stable'],
  rollback: () => ['rollback', 'stable'],
  add: () => ['client', 'add', 'web2'],
  rm: () => ['client', 'rm', 'web1', '--keep-entry', '--yes'],
  reset: () => ['client', 'reset', 'web1', '--yes'],
  rebase: () => ['client', 'rebase', 'web1', '--discard', '--yes'],
  rotate: () => ['client', 'rotate', 'web1'],
  next: () => ['client', 'next', 'web1', 'main'],
  maintain: () => ['client', 'maintain', 'web1'],
  undelete: () => ['client', 'undelete', 'web1'],
  prune: () => ['client', 'prune', '--all', '--yes'],
  export: () => ['client', 'export', 'web1', '--output', 'other.tar.gz'],
  restore: () => ['client', 'restore', 'web1', '--from', KEPT, '--yes'],
  apply: () => ['apply'],
  'release rm': () => ['release', 'rm', name('v3')],
  'release prune': () => ['release', 'prune', '--keep', '0'],
};
const call = (verb: string) => VERBS[verb]?.() ?? [];

/** How a call ended and what it told: the lines of a change, or all that stood against it. */
async function told(args: readonly string[], env: Record<string, string> = {}) {
  const { code, out, err } = await lunsmith([...args, '--json'], env);
  expect(err).toBe('');
  const last = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as Event;
  if (last.type === 'failed') return { code, refused: last.failure.diagnostics };
  return last.type === 'changed' ? { code, lines: last.lines } : { code };
}

/** Both calls, the dry one first; neither changes anything. */
async function refusedAlike(args: readonly string[], what: RegExp, env: Record<string, string> = {}) {
  const before = await unlocked();
  const dry = await told([...args, '--dry-run'], env);
  expect({ args, dry }).toEqual({ args, dry: await told(args, env) });
  expect({ args, what: dry.refused?.[0]?.what }).toEqual({
    args,
    what: expect.stringMatching(what) as unknown,
  });
  expect(await unlocked()).toEqual(before);
}

it('the verbs are all that have it', async () => {
  const help = async (...args: string[]) => (await lunsmith([...args, '--help'])).out;
  const commandsOf = (text: string) =>
    [...(text.split('Commands:')[1] ?? '').matchAll(/^ {2}([a-z-]+) /gm)]
      .map(([, word = '']) => word)
      .filter((word) => word !== 'help');
  const found: string[] = [];
  // What is kept of builds is no host.
  for (const word of commandsOf(await help()).filter((each) => each !== 'cache')) {
    const text = await help(word);
    const verbs = commandsOf(text);
    // An import changes the site file alone.
    for (const verb of verbs.filter((each) => each !== 'import'))
      if ((await help(word, verb)).includes('--dry-run')) found.push(`${word} ${verb}`);
    if (verbs.length === 0 && text.includes('--dry-run')) found.push(word);
  }
  const ofClients = [
    'add',
    'rm',
    'reset',
    'rebase',
    'rotate',
    'next',
    'maintain',
    'undelete',
    'prune',
    'export',
    'restore',
  ];
  expect(found.sort()).toEqual(
    Object.keys(VERBS)
      .map((verb) => (ofClients.includes(verb) ? `client ${verb}` : verb))
      .sort(),
  );
});

const CHANGES = ['promote', 'add', 'rm', 'reset', 'rotate', 'restore', 'apply'];

describe('what stands against every change', () => {
  it('a target that does not run', async () => {
    for (const verb of CHANGES)
      await refusedAlike(call(verb), /^tgtd does not run/, { TGT_IPC_SOCKET: '/nowhere/tgtd' });
  });

  it('a state that is damaged', async () => {
    const state = lab('current/state.json');
    await copyFile(state, `${state}.kept`);
    await writeFile(state, '{');
    for (const verb of Object.keys(VERBS)) await refusedAlike(call(verb), /^The state of lab/);
    await rename(`${state}.kept`, state);
  });

  it('a group that the host does not know', async () => {
    await site(client(1) + client(2), '    http: { group: no-such-group }\n');
    for (const verb of CHANGES) await refusedAlike(call(verb), /^There is no group no-such-group on lab\.$/);
  });

  it('a target of the same name that is not ours', async () => {
    const { images } = JSON.parse(await ok('status', '--json')) as HostStatus;
    const prefix = (images[0]?.target ?? '').split('web1')[0];
    const serial = (await readState(openDirectory(hostFacts(lab()), ports))).serial + 1;
    const names = [
      `web2.main.${digests['v1']?.slice(0, 12)}-${serial}`,
      `web1.main.${digests['v1']?.slice(0, 12)}-${serial}`,
      `web1.main.${digests['v2']?.slice(0, 12)}-${serial}`,
    ];
    const tgtadm = (...args: string[]) =>
      ports.run(['tgtadm', '--lld', 'iscsi', '--mode', 'target', ...args], {
        doing: 'ask tgtd',
        env: { TGT_IPC_SOCKET: host.socket },
      });
    for (const [at, each] of names.entries()) {
      await tgtadm('--op', 'new', '--tid', `${90 + at}`, '-T', `${prefix}${each}`);
      await tgtadm('--op', 'bind', '--tid', `${90 + at}`, '-I', 'ALL');
    }
    for (const verb of ['add', 'reset', 'promote', 'apply'])
      await refusedAlike(call(verb), /^The target .* belongs to somebody else\.$/);
    for (const at of names.keys()) await tgtadm('--op', 'delete', '--tid', `${90 + at}`);
  });
});

describe('what stands against some', () => {
  it.each([
    [
      'no such channel',
      () => [
        ['promote', name('v1'), 'beta'],
        ['rollback', 'beta'],
      ],
      /^There is no channel beta/,
    ],
    [
      'no such release',
      () => [
        ['promote', 'x@0123456789', 'stable'],
        ['release', 'rm', 'x@0123456789'],
      ],
      /is not on lab/,
    ],
    ['a release that is not proven', () => [['promote', name('v3'), 'stable']], /it is not proven/],
    ['nothing to go back to', () => [['rollback', 'stable']], /could go back to/],
    ['a release that is needed', () => [['release', 'rm', name('v1')]], /is needed on lab/],
    ['a recipe for a release', () => [['release', 'rm', 'debian-bookworm']], /shall go is not said/],
    [
      'a client that the host has not',
      () =>
        ['reset', 'rebase', 'rotate'].map((verb) => [
          'client',
          verb,
          'web2',
          ...(verb === 'rotate' ? [] : ['--yes']),
        ]),
      /^There is no client web2 on lab/,
    ],
    [
      'no such image',
      () => [
        ['client', 'next', 'web1', 'x'],
        ['client', 'reset', 'web1', '--image', 'x', '--yes'],
      ],
      /has no image x/,
    ],
    [
      'no such client',
      () => [
        ['client', 'rm', 'web9', '--yes'],
        ['client', 'add', 'web9'],
      ],
      /The site has no client/,
    ],
  ] as const)('%s', async (_, calls, what) => {
    for (const args of calls()) await refusedAlike(args, what);
  });

  it('a release that is not whole on the host', async () => {
    const manifest = lab('releases', digests['v1'] ?? '', 'manifest.json');
    await rename(manifest, `${manifest}.away`);
    for (const args of [call('add'), call('reset'), call('apply'), ['promote', digests['v1'] ?? '', 'edge']])
      await refusedAlike(args, /is not on lab\.$/);
    await rename(`${manifest}.away`, manifest);
  });

  it('a secret that is not there, too short, or not for this target', async () => {
    for (const [text, what] of [
      [undefined, /is not there\.$/],
      ['short', /too short/],
      ['C1B4HVIRZk@3$CLu', /^tgt cannot take this CHAP secret\.$/],
    ] as const) {
      if (text !== undefined) await writeFile(join(host.home, 'other'), text);
      await site(client(1).replace('file:chap', 'file:other') + client(2).replace('file:chap', 'file:other'));
      for (const verb of ['add', 'rotate', 'apply']) await refusedAlike(call(verb), what);
    }
    await rm(join(host.home, 'other'));
  });

  it('a secret that cannot be made', async () => {
    await site(client(2).replace('file:chap', 'file:chap/web2'));
    await refusedAlike(
      ['client', 'add', 'web2', '--make-secrets'],
      /^The secret .*chap\/web2 cannot be made\.$/,
    );
  });

  it('what is that of another client', async () => {
    await site(client(2).replace('0:02', '0:01'));
    for (const verb of ['add', 'apply'])
      await refusedAlike(call(verb), /^The MAC address of web2 is that of web1/);
  });

  it('a LUN that is smaller than the image, or larger than its table or a file may be', async () => {
    await events(0, 'promote', name('mbr'), 'edge');
    const edge = (size: string) => site(client(1) + client(2, `, size: ${size}`).replace('stable', 'edge'));
    await edge('3T');
    for (const verb of ['add', 'apply'])
      await refusedAlike(call(verb), /too large for the image's mbr table\.$/);
  });

  it('an entry of the site that others are written by', async () => {
    await site(
      `${client(1).replace('{', '&board {')}${client(2).replace("'file:chap'", '&chap file:chap')}${client(3).replace("'file:chap'", '*chap')}`,
    );
    await refusedAlike(
      ['client', 'rm', 'web2', '--yes'],
      /^The client `web2` cannot be taken out of the site/,
    );
  });

  it('a client that is logged in', async () => {
    const facts = hostFacts(lab());
    const adapter = adapterOf('tgt', { tgtSocket: `${host.socket}.0` });
    const directory = openDirectory(facts, ports);
    const state = await readState(directory);
    const web1 = state.clients['web1'];
    const [generation] = web1?.images['main']?.generations ?? [];
    if (web1 === undefined || generation === undefined) throw new Error('no LUN');
    const offered = {
      ...generation,
      backing: 'file' as const,
      initiator: web1.facts.initiator,
      chap: { user: web1.facts.account, secret: 'canary-5-77ae' },
    };
    const portal = { address: '127.0.0.1', port: host.port };
    await using _session = await holdSession(offered, portal, 1, () => adapter.sessions(directory, ports));
    await site(client(2));
    await refusedAlike(['apply', '--prune', '--yes'], /^Cannot remove web1/);
    await usual();
    for (const verb of ['rm', 'reset', 'restore'])
      await refusedAlike(call(verb), /^Cannot re(move|set|store)/);
    await refusedAlike(call('export'), /^The target .* has a session\.$/);
  });
});

describe('what nothing stands against', () => {
  afterEach(usual);

  it('is told as it is done then, and what wants --yes says so', async () => {
    await usual();
    const order = ['promote', 'rollback', 'add', 'rotate', 'reset', 'rebase', 'release rm', 'release prune'];
    for (const args of [
      ...order.map(call),
      [
        'client',
        'add',
        'web3',
        '--mac',
        '52:54:00:00:00:03',
        '--channel',
        'stable',
        '--secret',
        'file:new/web3',
        '--make-secrets',
      ],
      call('next'),
      call('apply'),
      ['client', 'rm', 'web3', '--yes'],
      call('restore'),
      call('rm'),
      call('undelete'),
      call('prune'),
    ]) {
      const before = await everything();
      const dry = await told([...args, '--dry-run']);
      expect(await everything()).toEqual(before);
      expect({ args, dry }).toEqual({ args, dry: await told(args) });
      expect({ args, code: dry.code }).toEqual({ args, code: 0 });
    }
    const wanted = (await events(0, 'client', 'reset', 'web2', '--dry-run')).at(-1);
    expect(wanted).toMatchObject({
      notes: ['LUNs would be taken from their clients: that wants `--yes`.'],
    });
    expect((await told(['client', 'reset', 'web2'])).refused?.[0]?.expected).toBe(
      '`--yes`, if that is meant',
    );
  });
});
