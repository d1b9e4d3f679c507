/** The full log of a build: every line that a tool printed, with its step, in the order of the event stream. */
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Emit, Event } from '../../base/event.js';

export interface BuildLog extends AsyncDisposable {
  readonly path: string;
  /** Writes the event's line, if it has one, and passes the event on. */
  readonly emit: Emit;
}

export function openBuildLog(path: string, next: Emit): BuildLog {
  const stream = createWriteStream(path, { mode: 0o600 });
  // A full disk must not end the build twice: the step that writes data fails by itself.
  stream.on('error', () => undefined);
  return {
    path,
    emit: (event) => {
      const line = logLine(event);
      if (line !== undefined) stream.write(`${line}\n`);
      next(event);
    },
    [Symbol.asyncDispose]: async () => {
      stream.end();
      await finished(stream).catch(() => undefined);
    },
  };
}

/** An event's line in the log, if it is one for a log. */
function logLine(event: Event): string | undefined {
  switch (event.type) {
    case 'output':
      return `${event.task ?? '-'}: ${event.tool}: ${event.line}`;
    case 'task-started':
      return `${event.task}: started`;
    case 'task-finished':
      return `${event.task}: finished in ${event.seconds.toFixed(1)} s`;
    case 'task-failed':
      return `${event.task}: failed after ${event.seconds.toFixed(1)} s`;
    case 'warning':
      return `${event.task ?? '-'}: warning: ${event.message}`;
    default:
      return undefined;
  }
}
