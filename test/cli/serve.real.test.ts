/** `serve` in a network of its own, with real servers: however it ends, nothing is left of it. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UndoStack } from '../../base/undo-stack.js';
import { MAIN } from '../util/cli.js';
import { descendants, untilEnded } from '../util/processes.js';
import { openWire, type Wire } from '../util/wire/wire.js';
import { writeRelease } from './a-release.js';

const stack = new UndoStack();
let home: string;
let workspace: string;
let release: string;
let wire: Wire;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lunsmith-serve-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  workspace = join(home, 'work');
  release = (await writeRelease(join(home, 'release'))).path;
  wire = stack.use(await openWire(new AbortController().signal));
  // A bridge that nothing is plugged into is down.
  await wire.neighbour('10.78.0.3');
});
afterAll(() => stack[Symbol.asyncDispose]());

interface Server {
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Pids of all processes that it has started, of one program or of all. */
  readonly children: (program?: string) => Promise<number[]>;
  /** A line that begins like this is said, now or later. */
  readonly says: (start: string) => Promise<string>;
  readonly ended: Promise<{ readonly exitCode?: number; readonly stderr: string }>;
}

function serve(...more: string[]): Server {
  const [enter, ...into] = wire.enter;
  const args = ['serve', release, '--interface', wire.bridge, '--workspace', workspace, ...more];
  const child = execa(enter, [...into, process.execPath, MAIN, ...args], {
    ...{ reject: false, stdin: 'ignore', env: { NO_COLOR: '1' } },
  });
  stack.defer(() => Promise.resolve(void child.kill('SIGKILL')));
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  const ended = child.then(({ exitCode, stderr }) => ({
    stderr,
    ...(exitCode === undefined ? {} : { exitCode }),
  }));
  return {
    kill: (signal) => void child.kill(signal),
    children: async (program) => {
      const all = await descendants(child.pid ?? 0);
      if (program === undefined) return all;
      const names = await Promise.all(
        all.map((pid) => readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')),
      );
      return all.filter((_, index) => names[index]?.trim() === program);
    },
    says: (start) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find((line) => line.startsWith(start));
          if (found !== undefined) resolve(found);
        };
        waiting.add(look);
        look();
        void ended.then(({ stderr }) => reject(new Error(`It ended: ${stderr}${lines.join('\n')}`)));
      }),
    ended,
  };
}

/** A machine that boots asks for its script, and so gets a clone. */
async function boot(): Promise<string> {
  const url = 'http://10.78.0.1:8080/clients/by-mac/52-54-00-aa-00-31.ipxe';
  return (await wire.ports.run(['curl', '--silent', '--fail', url], { doing: 'boot', quiet: true })).stdout;
}

it('killed, it leaves no server behind, and the next one removes its folder', {
  timeout: 60_000,
}, async () => {
  const first = serve();
  await first.says('Serving tiny@');
  expect(await boot()).toContain('machine-525400aa0031');
  const [folder, ...others] = await readdir(workspace);
  expect(others).toEqual([]);
  const children = await first.children();
  expect(await first.children('tgtd')).toHaveLength(1);
  expect(await first.children('dnsmasq')).toHaveLength(1);
  first.kill('SIGKILL');
  await untilEnded(children);
  expect(await readdir(workspace)).toEqual([folder]);
  const second = serve();
  await second.says('Serving tiny@');
  const now = await readdir(workspace);
  expect(now).toHaveLength(1);
  expect(now).not.toEqual([folder]);
  // Whose folder is in use keeps it.
  const third = serve('--http-port', '8081');
  expect((await third.ended).exitCode).toBe(4);
  expect(await readdir(workspace)).toEqual(now);
  expect(await boot()).toContain('machine-525400aa0031');
  const left = await second.children();
  second.kill('SIGINT');
  expect(await second.ended).toEqual({ exitCode: 0, stderr: '' });
  await untilEnded(left);
  expect(await readdir(workspace)).toEqual([]);
});

it.each(['dnsmasq', 'tgtd'])('ends when %s has ended, and says so', { timeout: 60_000 }, async (program) => {
  const server = serve();
  await server.says('Serving tiny@');
  const [pid = 0] = await server.children(program);
  const children = await server.children();
  process.kill(pid, 'SIGKILL');
  const { exitCode, stderr } = await server.ended;
  expect(exitCode).toBe(5);
  expect(stderr.split('\n').slice(0, 3)).toEqual([
    `error: ${program} has ended; the release is no longer served.`,
    '  Found: ended by SIGKILL',
    '  Hint: Run the same command again.',
  ]);
  await untilEnded(children);
  expect(await readdir(workspace)).toEqual([]);
});

it.each([
  ['iSCSI', 3260, []],
  ['HTTP', 8082, ['--http-port', '8082']],
])('says who may have the port of %s, and leaves nothing', { timeout: 60_000 }, async (what, port, more) => {
  const program = `require('net').createServer().listen(${port},'10.78.0.1',()=>console.log('up'))`;
  const taken = await wire.ports.start([process.execPath, '-e', program], { doing: 'take the port' });
  await expect.poll(() => taken.lastLines(), { timeout: 10_000 }).toEqual(['up']);
  const { exitCode, stderr } = await serve(...more).ended;
  await taken[Symbol.asyncDispose]();
  expect({ exitCode, stderr }).toEqual({
    exitCode: 4,
    stderr: [
      `error: ${what} cannot be served at 10.78.0.1:${port}.`,
      `  Found: listen EADDRINUSE: address already in use 10.78.0.1:${port}`,
      `  Hint: See who has that port: ss -ltnp 'sport = :${port}'. End it${more.length === 0 ? '' : ', or choose another port: --http-port'}.`,
    ].join('\n'),
  });
  expect(await readdir(workspace)).toEqual([]);
});
