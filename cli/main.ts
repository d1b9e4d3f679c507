#!/usr/bin/env node
/** The process: its streams, its signals and its exit code. Everything else is in `command-line.ts`. */
import { existsSync } from 'node:fs';
import { EXIT_CODES } from '../base/failure.js';
import { packageFile } from '../base/package-root.js';
import { asCalled, isCommand } from './called-as.js';
import { createCommandLine } from './command-line.js';
import { systemClock } from './terminal.js';

/** Milliseconds after which a stopped command is left behind: Ctrl-C must end everything within 2 s. */
const PATIENCE_MS = 1900;

// In a checkout it is npx that runs it, whatever is installed besides.
const byName = !existsSync(packageFile('tsconfig.json')) && isCommand(process.env['PATH']);

/** All that is written to a stream passes here. */
function named<Stream extends NodeJS.WriteStream>(stream: Stream): Stream {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = (text: unknown, ...rest: unknown[]) => write(asCalled(text, byName), ...rest);
  return stream;
}

const controller = new AbortController();
const commandLine = createCommandLine(
  {
    // Opened by whoever wants to read it.
    get stdin() {
      return process.stdin;
    },
    stdout: named(process.stdout),
    stderr: named(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    clock: systemClock,
  },
  controller.signal,
);

function exit(code: number): never {
  commandLine.close();
  process.exit(code);
}

function stop(): void {
  // The second Ctrl-C of an impatient user.
  if (controller.signal.aborted) exit(EXIT_CODES.interrupted);
  controller.abort();
  setTimeout(() => exit(EXIT_CODES.interrupted), PATIENCE_MS).unref();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
// EPIPE: the reader of our output has gone (`| head`), so there is nothing left to do.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', () => {
    if (!controller.signal.aborted) stop();
  });
}

/** Until all that was written has left the process: a pipe takes 64 KiB at once, and what waits behind it would be lost. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => {
    stream.write('', () => done());
  });
}

const code = await commandLine.run(process.argv.slice(2));
await Promise.all([process.stdout, process.stderr].map(written));
exit(code);
