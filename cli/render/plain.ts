/** Lines for logs: elapsed seconds, the task, what happened. Nothing is ever redrawn. */
import type { Event } from '../../base/event.js';
import type { Terminal } from '../terminal.js';
import { renderFailure } from './failure.js';
import { hostLines } from './host.js';
import type { Renderer } from './renderer.js';
import { styleFor } from './style.js';
import { because, byLastTime, checkedLine, cleanLine, formatSeconds, plural, shortPath } from './text.js';
import { unreachable } from './unreachable.js';
import { TASK_NOUNS } from './work.js';

export interface PlainOptions {
  /** Show every line that a tool prints. */
  readonly verbose: boolean;
}

/** After this many milliseconds without a line a task that runs says so: a log that stands still looks dead. */
const HEARTBEAT_MS = 30_000;

export function plainRenderer(terminal: Terminal, { verbose }: PlainOptions): Renderer {
  const { stdout, stderr, clock, cwd } = terminal;
  const style = styleFor(stdout, terminal.env);
  const start = clock.now();
  const running = new Map<string, { since: number; line: string }>();
  let lastWritten = start;

  const write = (text: string, task?: string) => {
    const stamp = `[${((clock.now() - start) / 1000).toFixed(1).padStart(7)}]`;
    stdout.write(`${style.dim(stamp)} ${task === undefined ? '' : `${style.bold(task)}: `}${text}\n`);
    lastWritten = clock.now();
  };
  const stopHeartbeat = clock.every(HEARTBEAT_MS / 3, () => {
    if (clock.now() - lastWritten < HEARTBEAT_MS) return;
    for (const [task, { since, line }] of running) {
      write(
        `running for ${formatSeconds((clock.now() - since) / 1000)}${line === '' ? '' : `: ${line}`}`,
        task,
      );
    }
  });

  const emit = (event: Event): void => {
    switch (event.type) {
      case 'started':
        return write(`${event.work} ${event.subject}: ${plural(event.tasks.length, TASK_NOUNS[event.work])}`);
      case 'task-started':
        running.set(event.task, { since: clock.now(), line: '' });
        return write(`started${because(event.because)}${byLastTime(event.usually)}`, event.task);
      case 'task-cached':
        return write(`${style.dim('cached')} ${event.key.slice(0, 12)}`, event.task);
      case 'output': {
        const line = cleanLine(event.line);
        const task = running.get(event.task ?? '');
        if (task !== undefined && line.trim() !== '') task.line = line;
        if (verbose) write(`${event.tool}| ${line}`.trimEnd(), event.task);
        return;
      }
      case 'progress':
        return;
      case 'milestone':
        return write(
          event.boot === 1 ? event.milestone : `${event.milestone} (boot ${event.boot})`,
          event.task,
        );
      case 'warning':
        write(`${style.yellow('warning:')} ${event.message}`, event.task);
        if (event.hint !== undefined) write(`${style.yellow('to do:')} ${event.hint}`, event.task);
        return;
      case 'task-finished':
        running.delete(event.task);
        return write(
          `${style.green('done')} in ${formatSeconds(event.seconds)}${event.note === undefined ? '' : ` (${event.note})`}`,
          event.task,
        );
      case 'task-failed':
        running.delete(event.task);
        return write(
          `${style.red(event.note ?? 'failed')} after ${formatSeconds(event.seconds)}`,
          event.task,
        );
      case 'checked':
        stdout.write(`${checkedLine(event, cwd)}\n`);
        return;
      case 'released':
        return write(
          `released ${event.recipe} in ${formatSeconds(event.seconds)}: ${shortPath(event.path, cwd)} (sha256 ${event.digest})`,
        );
      case 'proven': {
        const outcome = event.passed
          ? style.green('proven')
          : style.red(event.decided === false ? 'not decided' : 'not proven');
        return write(
          `${outcome} in ${formatSeconds(event.seconds)}: ${shortPath(event.path, cwd)} (sha256 ${event.digest})`,
        );
      }
      case 'published':
      case 'exported':
      case 'changed':
        return hostLines(event, style).forEach((line) => write(line));
      case 'failed': {
        const lines = renderFailure(event.failure, { style: styleFor(stderr, terminal.env), cwd });
        stderr.write(`${lines.join('\n')}\n`);
        return;
      }
      default:
        return unreachable(event);
    }
  };
  return {
    emit,
    print: (lines) => lines.forEach((line) => stdout.write(`${line}\n`)),
    close: stopHeartbeat,
  };
}
