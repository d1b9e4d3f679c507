import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Event } from '../../../base/event.js';
import { Failure } from '../../../base/failure.js';
import { enterSandbox } from '../../../pipeline/sandbox/enter.js';
import type { SandboxInside } from '../../inside/sandbox.js';
import { descendants, untilEnded, untilGone } from '../../util/processes.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-sandbox-'));
});
afterAll(() => rm(folder, { recursive: true }));

const module = 'test/inside/sandbox.js';
function enter(
  payload: SandboxInside,
  network: 'host' | 'own' = 'host',
  emit: (event: Event) => void = () => undefined,
  signal = new AbortController().signal,
) {
  return enterSandbox({ module, payload, network }, emit, signal);
}
const failureOf = (work: Promise<unknown>) => work.then(() => undefined, Failure.from);

it('is root of namespaces of its own', async () => {
  expect(await enter({ do: 'look' }, 'own')).toEqual({
    pid: 1,
    id: '0',
    host: 'lunsmith',
    interfaces: expect.not.arrayContaining(['eth0']) as unknown,
    // The process inside, and ls.
    processes: 2,
  });
});

it('takes its mounts along', async () => {
  const at = join(folder, 'mounted');
  expect(await enter({ do: 'mount', folder: at })).toBe('inside-only');
  expect(await readdir(at)).toEqual([]);
  expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(at);
});

it('has every owner', async () => {
  expect(await enter({ do: 'owners', folder })).toBe('33 44');
});

it('brings failures out whole', async () => {
  const failure = await failureOf(enter({ do: 'fail' }));
  expect(failure?.toRecord()).toMatchObject({
    kind: 'tool',
    diagnostics: [{ what: 'Could not fail.', found: 'sh: exit code 9' }],
    command: { argv: ['sh', '-c', 'echo reason; exit 9'], lastLines: ['reason'] },
  });
});

it('says all before it ends, though nobody has listened for a while', async () => {
  const events: Event[] = [];
  expect(await enter({ do: 'tell' }, 'host', (event) => events.push(event))).toBe('the last word');
  expect(events).toHaveLength(64);
});

it('ends on abort with all that it started', async () => {
  const controller = new AbortController();
  const failure = await failureOf(enter({ do: 'wait' }, 'own', () => controller.abort(), controller.signal));
  expect(failure?.kind).toBe('interrupted');
  await untilGone('sleep 987651');
});

it('ends when the process outside is killed', async () => {
  const holder = spawn(process.execPath, ['dist/test/inside/sandbox-holder.js'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  const started = await descendants(holder.pid ?? 0);
  // unshare and the process inside; it is about to start another.
  expect(started.length).toBeGreaterThanOrEqual(2);
  holder.kill('SIGKILL');
  await once(holder, 'close');
  await untilEnded(started);
});
