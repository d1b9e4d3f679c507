/** The command line as a user runs it: compiled, in a process of its own. */
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import type { Event } from '../../base/event.js';
import { descendants } from './processes.js';

export interface CliOptions {
  /** Run through this command, such as one that enters a namespace. */
  readonly through?: readonly string[];
  /** Run as this user of the host. */
  readonly user?: string;
  /** Root of the compiled project; default: this one. */
  readonly project?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Killed with this when an event satisfies it. */
  readonly kill?: { readonly signal: NodeJS.Signals; readonly when: (event: Event) => boolean };
}

export interface CliResult {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** The event stream, when the call asked for `--json`. */
  readonly events: readonly (Event & { at: number })[];
  /** Pids of all processes that it had started when it was killed. */
  readonly started: readonly number[];
  /** Seconds from the kill to the end of the process, if it was killed. */
  readonly dyingSeconds: number | undefined;
}

export const MAIN = resolve('dist/cli/main.js');

export async function lunsmith(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const main = options.project === undefined ? MAIN : join(options.project, 'dist/cli/main.js');
  const argv = [process.execPath, main, ...args];
  const asUser = options.user === undefined ? argv : ['runuser', '-u', options.user, '--', ...argv];
  const [tool = '', ...rest] = [...(options.through ?? []), ...asUser];
  const child = execa(tool, rest, {
    reject: false,
    stdin: 'ignore',
    env: { NO_COLOR: '1', ...options.env },
    buffer: { stdout: true, stderr: true },
  });
  const events: (Event & { at: number })[] = [];
  let killedAt: number | undefined;
  let started: readonly number[] = [];
  if (args.includes('--json')) {
    for await (const line of child.iterable({ from: 'stdout' })) {
      if (!line.startsWith('{"')) continue;
      const event = JSON.parse(line) as Event & { at: number };
      events.push(event);
      if (killedAt === undefined && options.kill?.when(event) === true) {
        started = await descendants(child.pid ?? 0);
        killedAt = performance.now();
        child.kill(options.kill.signal);
      }
    }
  }
  const result = await child;
  return {
    exitCode: result.exitCode,
    signal: result.signal,
    stdout: result.stdout,
    stderr: result.stderr,
    events,
    started,
    dyingSeconds: killedAt === undefined ? undefined : (performance.now() - killedAt) / 1000,
  };
}
