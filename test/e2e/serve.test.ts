/** A release tried on the network as it is: any machine boots it, beside the DHCP server that is there. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { expect, inject, it } from 'vitest';
import { readRelease, verifyRelease } from '../../artifacts/release/release.js';
import { UndoStack } from '../../base/undo-stack.js';
import { shippedRelease } from '../util/build.js';
import { MAIN } from '../util/cli.js';
import { openClient } from '../util/wire/client.js';
import { startPlainDhcp } from '../util/wire/servers.js';
import { openWire } from '../util/wire/wire.js';

it('serves a release to a machine that no site names, until Ctrl-C', async () => {
  const { signal } = new AbortController();
  await using stack = new UndoStack();
  const wire = stack.use(await openWire(signal));
  stack.use(await startPlainDhcp(await wire.neighbour('10.78.0.3')));
  const release = await shippedRelease('debian-bookworm');
  const workspace = join(inject('shared'), 'serve');
  const [enter, ...into] = wire.enter;
  const args = ['serve', release, '--interface', wire.bridge, '--workspace', workspace];
  const server = execa(enter, [...into, process.execPath, MAIN, ...args], {
    reject: false,
    stdin: 'ignore',
    all: true,
  });
  stack.defer(() => Promise.resolve(void server.kill('SIGKILL')));
  const lines = createInterface({ input: server.all as NodeJS.ReadableStream });
  const serving = new Promise<string>((resolve) => {
    lines.on('line', (line) => line.startsWith('Serving ') && resolve(line));
  });
  const ended = server.then(({ all }) => `It ended: ${all}`);
  expect(await Promise.race([serving, ended])).toMatch(
    /^Serving debian-bookworm@[0-9a-f]{12} at 10\.78\.0\.1 on wire0\.$/,
  );
  const options = { name: 'any', firmware: 'bios', mac: '52:54:00:aa:00:21', signal } as const;
  const client = stack.use(await openClient(wire, options));
  const session = await client.boot();
  const { text } = await session.run('cat /sys/class/iscsi_session/*/initiatorname');
  expect(text).toBe('iqn.2026-01.net.lunsmith:serve:client.machine-525400aa0021');
  await client.powerOff(session);
  server.kill('SIGINT');
  const { exitCode } = await server;
  expect(exitCode).toBe(0);
  expect(await readdir(workspace)).toEqual([]);
  // The machine wrote to a clone.
  expect(await verifyRelease(await readRelease(release))).toEqual([]);
});
