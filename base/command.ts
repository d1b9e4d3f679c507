/**
 * The only place that starts processes. Each runs in a process group of its own so that stopping it stops what it
 * started; its environment is scrubbed; a failure carries its last lines.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import type { ResultPromise } from 'execa';
import { failed, interrupted, missingTool } from './command-failures.js';
import type { Emit } from './event.js';
import type { Argv, Ports, RunningTool, RunOptions, RunResult } from './ports.js';

/** Tools of the super-user live in sbin; an ordinary user's PATH lacks it, though we may use them in the sandbox. */
export const TOOL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What a failure shows of a tool: lines, and characters of each. */
const KEPT_LINES = 40;
const KEPT_OF_LINE = 2000;
/** Milliseconds between SIGTERM and SIGKILL: Ctrl-C must end everything within 2 s. */
const GRACE_MS = 1000;

export interface CommandSurroundings {
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Task that `output` events belong to. */
  readonly task?: string;
  /** Base environment besides the scrubbed one. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The `run` and `start` ports for one task. */
export function createPorts(surroundings: CommandSurroundings): Ports {
  const { emit, signal } = surroundings;
  return {
    emit,
    signal,
    run: (argv, options) => run(argv, options, surroundings),
    start: (argv, options) => start(argv, options, surroundings),
  };
}

function environment(options: RunOptions, surroundings: CommandSurroundings): Record<string, string> {
  return {
    PATH: TOOL_PATH,
    HOME: '/root',
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    ...surroundings.env,
    ...options.env,
  };
}

interface Spawned {
  readonly child: ResultPromise<{ reject: false; buffer: false; detached: true }>;
  readonly tail: string[];
  readonly linesDone: Promise<void>;
  /** Settles when the input was written or is no longer wanted and all bytes were taken, with what its iterable or their taker threw. */
  readonly fed: Promise<{ readonly error: unknown } | undefined>;
}

async function spawnTool(
  argv: Argv,
  options: RunOptions,
  surroundings: CommandSurroundings,
  keep?: (chunk: string) => void,
): Promise<Spawned> {
  // Loaded when it is first needed: a command that starts no process is at its end before.
  const { execa } = await import('execa');
  const [tool, ...args] = argv;
  const child = execa(tool, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: environment(options, surroundings),
    extendEnv: false,
    detached: true,
    reject: false,
    buffer: false,
    cleanup: true,
    stdin: (options.input ?? options.stream) === undefined && options.holdInput !== true ? 'ignore' : 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  }) as unknown as Spawned['child'];
  const tail: string[] = [];
  const seen = (line: string, stream: 'stdout' | 'stderr') => {
    if (!(options.quiet === true && stream === 'stdout')) {
      tail.push(line.slice(0, KEPT_OF_LINE));
      if (tail.length > KEPT_LINES) tail.shift();
    }
    options.onLine?.(line, stream);
    if (options.quiet === true) return;
    surroundings.emit({
      type: 'output',
      tool: options.shown?.[0] ?? tool,
      stream,
      line,
      ...(surroundings.task === undefined ? {} : { task: surroundings.task }),
    });
  };
  const { onBytes } = options;
  const taken = onBytes === undefined ? undefined : takeBytes(child.stdout, onBytes);
  const linesDone = Promise.all(
    (['stdout', 'stderr'] as const).map(async (name) => {
      const stream = child[name];
      if (stream === null || (name === 'stdout' && taken !== undefined)) return;
      if (name === 'stdout' && keep !== undefined) {
        stream.setEncoding('utf8');
        stream.on('data', keep);
      }
      const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
      lines.on('line', (line) => seen(line, name));
      await once(lines, 'close');
    }),
  ).then(() => undefined);
  const fed = feed(child.stdin, options);
  return {
    child,
    tail,
    linesDone,
    fed: taken === undefined ? fed : taken.then(async (broken) => broken ?? (await fed)),
  };
}

/** A taker that throws closes the pipe, which ends the tool. */
async function takeBytes(
  stdout: AsyncIterable<Uint8Array> | null,
  onBytes: NonNullable<RunOptions['onBytes']>,
): Promise<{ readonly error: unknown } | undefined> {
  try {
    for await (const bytes of stdout ?? []) await onBytes(bytes);
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** A tool that ends before it has read its input closes the pipe; its exit code tells what went wrong. */
async function feed(
  stdin: Writable | null,
  { input, stream }: Pick<RunOptions, 'input' | 'stream'>,
): Promise<{ readonly error: unknown } | undefined> {
  if (stdin === null || (input ?? stream) === undefined) return undefined;
  stdin.on('error', () => undefined);
  if (stream === undefined) {
    stdin.end(input);
    return undefined;
  }
  const closed = once(stdin, 'close').catch(() => undefined);
  try {
    for await (const chunk of stream) {
      if (stdin.destroyed) return undefined;
      if (!stdin.write(chunk)) await Promise.race([once(stdin, 'drain').catch(() => undefined), closed]);
    }
    stdin.end();
    return undefined;
  } catch (error) {
    stdin.destroy();
    return { error };
  }
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

async function run(argv: Argv, options: RunOptions, surroundings: CommandSurroundings): Promise<RunResult> {
  const { signal } = surroundings;
  if (signal.aborted) throw interrupted(options);
  let stdout = '';
  const stderr: string[] = [];
  const { child, tail, linesDone, fed } = await spawnTool(
    argv,
    {
      ...options,
      onLine: (line, stream) => {
        if (stream === 'stderr') stderr.push(line);
        options.onLine?.(line, stream);
      },
    },
    surroundings,
    (chunk) => {
      stdout += chunk;
    },
  );
  let killer: NodeJS.Timeout | undefined;
  const stop = () => {
    killGroup(child.pid, 'SIGTERM');
    killer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE_MS);
  };
  let timedOut = false;
  const timer =
    options.timeout === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          stop();
        }, options.timeout * 1000);
  signal.addEventListener('abort', stop, { once: true });
  // The abort may have come while the process was being started.
  if (signal.aborted) stop();
  try {
    const result = await child;
    // What the command left behind in its group would hold the pipes open and outlive the step.
    killGroup(child.pid, 'SIGKILL');
    await linesDone;
    if (signal.aborted) throw interrupted(options);
    const broken = await fed;
    if (broken !== undefined) throw broken.error;
    if (result.exitCode === undefined && result.signal === undefined)
      throw missingTool(argv, options, result.code);
    if (
      timedOut ||
      result.exitCode === undefined ||
      !(options.okExitCodes ?? [0]).includes(result.exitCode)
    ) {
      throw failed(options.shown ?? argv, options, result, tail, timedOut);
    }
    return { stdout, stderr: stderr.join('\n'), exitCode: result.exitCode };
  } finally {
    clearTimeout(timer);
    clearTimeout(killer);
    signal.removeEventListener('abort', stop);
  }
}

async function start(
  argv: Argv,
  options: RunOptions,
  surroundings: CommandSurroundings,
): Promise<RunningTool> {
  if (surroundings.signal.aborted) throw interrupted(options);
  const { child, tail, linesDone } = await spawnTool(
    argv,
    options.holdInput === true ? options : { ...options, input: options.input ?? '' },
    surroundings,
  );
  const { pid } = child;
  if (pid === undefined) {
    const result = await child;
    throw missingTool(argv, options, result.code);
  }
  const ended = child.then(async (result) => {
    killGroup(pid, 'SIGKILL');
    await linesDone;
    return {
      ...(result.exitCode === undefined ? {} : { exitCode: result.exitCode }),
      ...(result.signal === undefined ? {} : { signal: result.signal }),
    };
  });
  const stop = () => {
    killGroup(pid, 'SIGTERM');
    const killer = setTimeout(() => killGroup(pid, 'SIGKILL'), GRACE_MS);
    void ended.then(() => clearTimeout(killer));
  };
  surroundings.signal.addEventListener('abort', stop, { once: true });
  if (surroundings.signal.aborted) stop();
  void ended.then(() => surroundings.signal.removeEventListener('abort', stop));
  return {
    pid,
    ended,
    lastLines: () => [...tail],
    [Symbol.asyncDispose]: async () => {
      stop();
      await ended;
    },
  };
}

/**
 * Runs a program that talks with the user, on the terminal that these file descriptors are; it is in our session and
 * none of its output is an event. @returns its exit code; 128 when a signal ended it
 */
export async function runOnTerminal(
  [tool, ...args]: Argv,
  fds: readonly [number, number, number],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const child = spawn(tool, args, { stdio: [...fds], env: { PATH: TOOL_PATH, HOME: '/root', ...env } });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 128;
}
