import { describe, expect, it } from 'vitest';
import { createPorts } from '../../base/command.js';
import type { Event } from '../../base/event.js';
import { failureOf } from '../util/failure-of.js';
import { commandLines } from '../util/processes.js';

function ports(signal = new AbortController().signal) {
  const events: Event[] = [];
  return { ...createPorts({ emit: (event) => events.push(event), signal, task: 'step' }), events };
}

describe('run', () => {
  it('gives output, emits lines, and hands input over', async () => {
    const { run, events } = ports();
    const result = await run(['sh', '-c', 'cat; echo warn >&2'], { doing: 'copy input', input: 'a\nb' });
    expect(result).toEqual({ stdout: 'a\nb', stderr: 'warn', exitCode: 0 });
    expect(events).toContainEqual({ type: 'output', task: 'step', tool: 'sh', stream: 'stdout', line: 'b' });
    expect(events).toContainEqual({
      type: 'output',
      task: 'step',
      tool: 'sh',
      stream: 'stderr',
      line: 'warn',
    });
  });

  it('tells of a long line how it begins', async () => {
    const script = 'head -c 100000 /dev/zero | tr "\\0" x; exit 1';
    const failure = await failureOf(ports().run(['sh', '-c', script], { doing: 'fail' }));
    expect(failure.command?.lastLines).toEqual(['x'.repeat(2000)]);
  });

  it('scrubs the environment', async () => {
    process.env['LUNSMITH_CANARY'] = 'secret';
    const { stdout } = await ports().run(['env'], {
      doing: 'list the environment',
      env: { EXTRA: '1' },
      quiet: true,
    });
    expect(stdout.trim().split('\n').sort()).toEqual([
      'EXTRA=1',
      'HOME=/root',
      'LC_ALL=C.UTF-8',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'TZ=UTC',
    ]);
  });

  it('shows what was being done, the command and its last lines', async () => {
    const failure = await failureOf(
      ports().run(['sh', '-c', 'echo one; echo two >&2; exit 3'], { doing: 'write the image' }),
    );
    expect(failure.toRecord()).toMatchObject({
      kind: 'tool',
      diagnostics: [{ what: 'Could not write the image.', found: 'sh: exit code 3' }],
      command: { exitCode: 3 },
    });
    expect([...(failure.command?.lastLines ?? [])].sort()).toEqual(['one', 'two']);
  });

  it('accepts the exit codes that it was told', async () => {
    expect((await ports().run(['sh', '-c', 'exit 3'], { doing: 'x', okExitCodes: [0, 3] })).exitCode).toBe(3);
  });

  it('names a missing program', async () => {
    const failure = await failureOf(ports().run(['no-such-program'], { doing: 'do it' }));
    expect(failure.kind).toBe('host');
    expect(failure.diagnostics[0].what).toBe(
      'Cannot do it: the program no-such-program could not be started.',
    );
  });

  it('tells a full disk from other failures', async () => {
    const failure = await failureOf(
      ports().run(['sh', '-c', 'echo "cp: x: No space left on device" >&2; exit 1'], { doing: 'copy' }),
    );
    expect(failure.kind).toBe('space');
  });

  it('ends a command that takes too long, and what it started', async () => {
    const failure = await failureOf(
      ports().run(['sh', '-c', 'sleep 987654 & wait'], { doing: 'wait', timeout: 0.2 }),
    );
    expect(failure.diagnostics[0].found).toBe('sh: no end after 0.2 s');
    expect(await commandLines()).not.toContain('sleep 987654');
  });

  it('ends on abort even when the command ignores SIGTERM', async () => {
    const controller = new AbortController();
    const { run } = ports(controller.signal);
    const failure = await failureOf(
      run(['sh', '-c', 'trap "" TERM; echo ready; sleep 987653; sleep 987653'], {
        doing: 'hang',
        onLine: () => controller.abort(),
      }),
    );
    expect(failure.kind).toBe('interrupted');
    expect(await commandLines()).not.toContain('sleep 987653');
  });
});

describe('start', () => {
  it('runs beside us until disposed of, its children too', async () => {
    const { start } = ports();
    let ready: () => void = () => undefined;
    const isReady = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const tool = await start(['sh', '-c', 'sleep 987652 & echo up; wait'], {
      doing: 'serve',
      onLine: () => ready(),
    });
    await isReady;
    await tool[Symbol.asyncDispose]();
    expect(await tool.ended).toMatchObject({ signal: 'SIGTERM' });
    expect(tool.lastLines()).toEqual(['up']);
    expect(await commandLines()).not.toContain('sleep 987652');
  });

  it('names a missing program', async () => {
    expect((await failureOf(ports().start(['no-such-program'], { doing: 'serve' }))).kind).toBe('host');
  });
});
