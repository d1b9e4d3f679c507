/** A promotion in stages, watched: on a host that is a folder with a real tgtd. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { HostStatus } from '../../app/site/status.js';
import { createCommandLine } from '../../cli/command-line.js';
import { type HostHome, hostHome } from './a-host.js';
import { pipes, terminalWindow } from './fake-terminal.js';
import { hostCalls } from './host-calls.js';

let host: HostHome;
const { lunsmith, ok, events, failure, changes } = hostCalls(() => host);
beforeAll(async () => {
  vi.stubEnv('LUNSMITH_SITE', undefined);
  host = await hostHome();
  await writeFile(join(host.home, 'chap'), 'canary-5-77ae\n', { mode: 0o600 });
  const client = (number: number) =>
    `  web${number}: { mac: '52:54:00:00:00:0${number}', channel: stable, secret: 'file:chap' }\n`;
  await host.site(`    gate: []\nchannels: [stable]\nclients:\n${[1, 2, 3, 4].map(client).join('')}`);
  for (const version of ['v1', 'v2'])
    await events(0, 'publish', await host.release(version, Buffer.alloc(2 ** 20, version)));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await host[Symbol.asyncDispose]();
});

const behind = async () =>
  (JSON.parse(await ok('status', '--json')) as HostStatus).images.flatMap((row) =>
    row.behind ? [row.client] : [],
  );

it('reaches a part of the clients, then the rest, and goes back at any stage', async () => {
  const [v2 = '', v1 = ''] = (JSON.parse(await ok('status', '--json')) as HostStatus).releases.map(
    ({ digest }) => digest,
  );
  await changes('promote', v1, 'stable');
  await changes('client', 'add', '--all');
  expect(await failure(2, 'promote', v2, 'stable', '--only', 'web1,wab2')).toMatchObject({
    what: '`wab2` is no client of the channel stable on lab.',
    hint: 'Did you mean `web2`?',
  });
  expect(await changes('promote', v2, 'stable', '--only', 'web[2-3]')).toHaveLength(4);
  expect(await behind()).toEqual(['web1', 'web4']);
  expect(await ok('status')).toMatch(/^ {2}stable .* promote +2 of 4 clients$/m);
  await changes('rollback', 'stable');
  expect(await behind()).toEqual([]);
  await changes('promote', v2, 'stable', '--percent', '1');
  expect(await behind()).toHaveLength(3);
  await changes('promote', v2, 'stable');
  expect(await behind()).toEqual([]);
});

it.each([
  [['--percent', '0'], 'Expected a whole number, 1 to 100.'],
  [['--percent', '5', '--only', 'web1'], 'cannot be used with'],
  [['--only', 'web[3-1]'], '`web[3-1]` is no range of clients.'],
])('%j is refused', async (args, what) => {
  const { code, err } = await lunsmith(['promote', 'x', 'stable', ...args]);
  expect([code, err]).toEqual([2, expect.stringContaining(what)]);
});

it('is watched until Ctrl-C: in a pipe line by line, where something changed', async () => {
  const stop = new AbortController();
  const terminal = { ...pipes({ HOME: host.home, TGT_IPC_SOCKET: host.socket }), cwd: host.home };
  const watching = createCommandLine(terminal, stop.signal).run(['status', '--watch', '1']);
  await vi.waitUntil(() => terminal.out().includes('Channels'), { timeout: 60_000 });
  await changes('rollback', 'stable');
  await vi.waitUntil(() => terminal.out().includes('rollback'), { timeout: 60_000 });
  stop.abort();
  expect([await watching, terminal.err()]).toEqual([0, '']);
});

it('is watched on a terminal in one place, and the last picture stays', async () => {
  const stop = new AbortController();
  const terminal = {
    ...terminalWindow(70, 40, { HOME: host.home, TGT_IPC_SOCKET: host.socket }),
    cwd: host.home,
  };
  const watching = createCommandLine(terminal, stop.signal).run(['status', '--watch', '1']);
  const pictures = () => terminal.raw().split('Channels').length - 1;
  await vi.waitUntil(() => pictures() >= 2, { timeout: 60_000 });
  stop.abort();
  expect(await watching).toBe(0);
  expect((await terminal.text()).filter((line) => line === 'Channels')).toHaveLength(1);
  expect(await terminal.cursorShown()).toBe(true);
});
