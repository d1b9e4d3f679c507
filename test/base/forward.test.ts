import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { forward } from '../../base/forward.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-forward-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('hands connections on, both ways, and closes them at its end', async () => {
  const path = join(folder, 'echo');
  const echo = createServer((socket) => socket.pipe(socket)).listen(path);
  await once(echo, 'listening');
  const there = await forward({ host: '127.0.0.1', port: 0 }, () => ({ path }));
  const client = connect({ host: '127.0.0.1', port: there.port });
  client.write('hello');
  const [said] = (await once(client, 'data')) as [Buffer];
  expect(said.toString()).toBe('hello');
  const closed = once(client, 'close');
  await there[Symbol.asyncDispose]();
  await closed;
  await expect(once(connect({ host: '127.0.0.1', port: there.port }), 'connect')).rejects.toThrow(
    'ECONNREFUSED',
  );
  echo.close();
});

it('closes a connection that leads nowhere', async () => {
  const path = join(folder, 'near');
  await using near = await forward({ path }, () => undefined);
  expect(near.port).toBe(0);
  await once(connect(path).resume(), 'close');
  await using gone = await forward({ path: join(folder, 'gone') }, () => ({ path: join(folder, 'none') }));
  await once(connect(join(folder, 'gone')).resume(), 'close');
  expect(gone.port).toBe(0);
});
