/** Somebody at a console: the key to leave by, and a terminal that is given back. */
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sitAt } from '../../cli/console.js';
import type { InputStream } from '../../cli/terminal.js';

class Keyboard extends EventEmitter implements InputStream {
  readonly isTTY: boolean;
  raw = false;
  paused = true;
  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }
  setRawMode(raw: boolean): void {
    this.raw = raw;
  }
  resume(): void {
    this.paused = false;
  }
  pause(): void {
    this.paused = true;
  }
  type(text: string): void {
    this.emit('data', Buffer.from(text));
  }
}

/** Both ends of a connection. */
async function connection(): Promise<[near: Socket, far: Socket]> {
  const folder = await mkdtemp(join(tmpdir(), 'lunsmith-console-'));
  const server = createServer().listen(join(folder, 'socket'));
  await once(server, 'listening');
  const near = connect(join(folder, 'socket'));
  const [far] = (await once(server, 'connection')) as [Socket];
  server.close();
  await rm(folder, { recursive: true });
  return [near, far];
}

async function sat(isTTY: boolean) {
  const [near, far] = await connection();
  const stdin = new Keyboard(isTTY);
  let shown = '';
  const stdout = {
    isTTY,
    write: (text: string | Uint8Array) => void (shown += Buffer.from(text).toString()),
  };
  let typed = '';
  far.on('data', (bytes: Buffer) => void (typed += bytes.toString()));
  const ended = new Promise<void>((resolve) => far.once('end', () => resolve()));
  sitAt(near, { stdin, stdout });
  const closed = new Promise<void>((resolve) => near.once('close', () => resolve()));
  return { stdin, far, ended, closed, shown: () => shown, typed: () => typed };
}

it('types all but the key to leave by, and gives the terminal back', async () => {
  const { stdin, far, ended, closed, shown, typed } = await sat(true);
  expect([stdin.raw, stdin.paused]).toEqual([true, false]);
  // Ctrl-C is the machine's.
  stdin.type('ls\r\x03');
  far.write('\x1b[31mred');
  stdin.type('bye\x1dnot this');
  await ended;
  expect(typed()).toBe('ls\r\x03bye');
  far.end();
  await closed;
  expect(shown()).toBe('\x1b[31mred\x1b[0m\x1b[?25h\x1b[?7h\x1b[?2004l');
  expect([stdin.raw, stdin.paused, stdin.listenerCount('data')]).toEqual([false, true, 0]);
});

it('is a plain stream without a terminal', async () => {
  const { stdin, far, closed, shown, typed } = await sat(false);
  stdin.type('a\x1db\n');
  far.write('c\n');
  await expect.poll(typed).toBe('a\x1db\n');
  await expect.poll(shown).toBe('c\n');
  far.end();
  await closed;
  expect([stdin.raw, shown()]).toEqual([false, 'c\n']);
});
