/** Many clients at once, on a host that is a folder with a real tgtd: names, ranges, all of the site, and `apply`. */
import { readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FailureRecord } from '../../base/failure.js';
import { type HostHome, hostHome } from './a-host.js';
import { hostCalls } from './host-calls.js';

const MIB = 2 ** 20;
let host: HostHome;
const { lunsmith, events } = hostCalls(() => host);

async function changed(...args: string[]) {
  const event = (await events(0, ...args)).find(({ type }) => type === 'changed');
  if (event?.type !== 'changed') throw new Error('nothing was said of a change');
  return event;
}

async function refused(...args: string[]): Promise<FailureRecord['diagnostics']> {
  const last = (await events(2, ...args)).at(-1);
  if (last?.type !== 'failed') throw new Error('it was not refused');
  return last.failure.diagnostics;
}

const mac = (number: number) => `52:54:00:00:00:${String(number).padStart(2, '0')}`;
const client = (number: number, board = number) =>
  `  web${number}: { mac: '${mac(board)}', channel: stable, secret: 'file:secrets/web${number}' }\n`;
const site = (...clients: string[]) =>
  host.site(`    gate: []\nchannels: [stable]\nclients:\n${clients.join('')}`);
const state = async () =>
  JSON.parse(await readFile(join(host.home, 'lab/current/state.json'), 'utf8')) as {
    serial: number;
    clients: Record<string, { facts: { mac: string } }>;
  };

beforeAll(async () => {
  vi.stubEnv('LUNSMITH_SITE', undefined);
  host = await hostHome();
  await site(client(1), client(2), client(3));
  const release = await host.release('v1', Buffer.alloc(MIB, 'v1'));
  await events(0, 'publish', release);
  await events(0, 'promote', 'debian-bookworm', 'stable');
});
afterAll(() => host[Symbol.asyncDispose]());

describe('names', () => {
  it.each([
    [[], 'No client was named.', undefined],
    [['web1', '--all'], 'Clients were named, and all were asked for too.', 'web1'],
    [['web[3-1]'], '`web[3-1]` is no range of clients.', undefined],
    [['web[1-2001]'], '`web[1-2001]` is no range of clients.', undefined],
    [['r[1-99]w[1-99]p[1-99]'], '`w[1-99]p[1-99]` is no range of clients.', undefined],
    [['web[1-2]['], '`[` is no range of clients.', undefined],
    [['web[a-b]'], '`web[a-b]` is no range of clients.', undefined],
    [['web[1-4]'], 'The site has no client `web4`.', undefined],
    [['web1', 'web2', '--mac', mac(9)], 'What is said of a client by options is said of one.', 'web1 web2'],
  ])('%j', async (names, what, found) => {
    const [diagnostic] = await refused('client', 'add', ...names);
    expect(diagnostic?.what).toBe(what);
    expect(diagnostic?.found).toBe(found);
  });
});

it('secrets are made when they are asked for, in files that only their owner reads', async () => {
  const lacking = (await events(2, 'client', 'add', 'web[1-3]')).at(-1);
  expect(lacking).toMatchObject({
    type: 'failed',
    failure: { diagnostics: [{ what: 'The secret `file:secrets/web1` is not there.' }] },
  });
  const told = await changed('client', 'add', 'web[1-3]', '--make-secrets', '--dry-run');
  expect(await readdir(host.home)).not.toContain('secrets');
  const before = (await state()).serial;
  const made = await changed('client', 'add', 'web[1-3]', '--make-secrets');
  expect(made.lines).toEqual(told.lines);
  expect(made.lines.slice(0, 3)).toEqual(
    [1, 2, 3].map(
      (number) =>
        `client web${number}: its CHAP secret is made, in ${join(host.home, 'secrets', `web${number}`)}`,
    ),
  );
  expect((await state()).serial).toBe(before + 1);
  const bits = async (path: string) => (await stat(join(host.home, path))).mode & 0o777;
  expect([await bits('secrets'), await bits('secrets/web1')]).toEqual([0o700, 0o600]);
  const secrets = await Promise.all(
    [1, 2, 3].map((number) => readFile(join(host.home, `secrets/web${number}`), 'utf8')),
  );
  expect(new Set(secrets).size).toBe(3);
  for (const secret of secrets) {
    expect(secret).toMatch(/^[0-9a-f]{16}\n$/);
    expect(JSON.stringify(made)).not.toContain(secret.trim());
  }
  expect(await changed('client', 'add', '--all', '--make-secrets')).toMatchObject({ lines: [] });
});

describe('machines that have swapped boards', () => {
  const board = (number: number) =>
    `mac: '${mac(number)}', serial: CZC000${number}, uuid: 0000000${number}-0000-4000-8000-0000000000aa, address: 127.0.0.2${number}, netmask: 255.0.0.0, dns: 127.0.0.1`;
  const on = (number: number, of: number) =>
    `  web${number}: { ${board(of)}, channel: stable, secret: 'file:secrets/web${number}' }\n`;
  const macs = async () => Object.values((await state()).clients).map(({ facts }) => facts.mac);
  const hints = async () =>
    [...(await lunsmith(['doctor'])).out.matchAll(/to do: +Run: (.*)/g)].map(([, hint]) => hint);
  const leads = async (board: number) =>
    dirname(
      await readlink(join(host.home, `lab/http/clients/by-mac/${mac(board).replaceAll(':', '-')}.ipxe`)),
    );

  it.each([
    ['client add', () => events(0, 'client', 'add', 'web1', 'web2')],
    ['apply', () => events(0, 'apply')],
  ])('two are changed in one change by %s, which doctor names', async (_, change) => {
    await site(on(1, 1), on(2, 2), client(3));
    await events(0, 'apply');
    await site(on(1, 2), on(2, 1), client(3));
    const alone = [await refused('client', 'add', 'web1'), await refused('client', 'add', 'web2')];
    expect(alone.map((diagnostics) => diagnostics.map(({ what }) => what))).toEqual(
      [
        ['web1', 'web2'],
        ['web2', 'web1'],
      ].map(([one, other]) =>
        ['MAC address', 'serial number', 'UUID', 'address'].map(
          (words) => `The ${words} of ${one} is that of ${other} on lab.`,
        ),
      ),
    );
    expect(alone[0]?.[0]?.hint).toContain('npx lunsmith client add web1 web2.');
    expect(alone[1]?.[0]?.hint).toContain('npx lunsmith client add web2 web1.');
    expect(await hints()).toEqual(['npx lunsmith client add web1 web2', 'npx lunsmith client add web2 web1']);
    const { serial } = await state();
    await change();
    expect((await state()).serial).toBe(serial + 1);
    expect(await macs()).toEqual([mac(2), mac(1), mac(3)]);
    expect([await leads(1), await leads(2)]).toEqual(['../web2', '../web1']);
    expect(await hints()).toEqual([]);
  });

  it('three in a ring are changed in one change, too', async () => {
    await site(on(1, 1), on(2, 2), on(3, 3));
    await events(0, 'apply');
    await site(on(1, 2), on(2, 3), on(3, 1));
    const [first] = await refused('client', 'add', 'web1', 'web2');
    expect(first?.hint).toContain('npx lunsmith client add web1 web2 web3.');
    expect(await hints()).toContain('npx lunsmith client add web1 web2 web3');
    await events(0, 'client', 'add', 'web1', 'web2', 'web3');
    expect(await macs()).toEqual([mac(2), mac(3), mac(1)]);
    await site(client(1), client(2), client(3));
    await events(0, 'apply');
  });
});

it('apply brings what the site has, and takes away only what it is told to', async () => {
  await site(client(1), client(2), client(4));
  await writeFile(join(host.home, 'secrets/web4'), '0123456789abcdef\n', { mode: 0o600 });
  const kept = await changed('apply');
  expect(Object.keys((await state()).clients)).toEqual(['web1', 'web2', 'web3', 'web4']);
  expect(kept.notes).toEqual([
    'Not in the site, and left alone: web3. With --prune they are removed, with their LUNs.',
  ]);
  const told = await changed('apply', '--prune', '--dry-run');
  expect(told.lines[0]).toBe('client web3: is removed, with its secret');
  expect(Object.keys((await state()).clients)).toContain('web3');
  expect((await refused('apply', '--prune'))[0]?.expected).toBe('`--yes`, if that is meant');
  expect((await changed('apply', '--prune', '--yes')).lines).toEqual(told.lines);
  expect(Object.keys((await state()).clients)).toEqual(['web1', 'web2', 'web4']);
  expect(await changed('apply', '--prune')).toMatchObject({ lines: [], notes: [] });
});

it('what stands against one of many keeps all of it from being done', async () => {
  const { serial } = await state();
  await site(client(1), client(2), client(4), client(5));
  expect((await refused('apply'))[0]?.what).toBe('The secret `file:secrets/web5` is not there.');
  const refusals = await refused('client', 'reset', '--all');
  expect(refusals.map(({ what }) => what)).toEqual(['There is no client web5 on lab.']);
  expect((await state()).serial).toBe(serial);
  const { lines } = await changed('client', 'reset', 'web1', 'web2', 'web4', '--yes');
  expect(lines.filter((line) => line.includes('is a fresh clone of'))).toHaveLength(3);
});
