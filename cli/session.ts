/** What the commands share while one of them runs: the terminal, the signal to stop, and the one renderer. */
import { StringDecoder } from 'node:string_decoder';
import type { Caller } from '../app/caller.js';
import type { Failure } from '../base/failure.js';
import { jsonRenderer } from './render/json.js';
import { openPicture, type Picture } from './render/picture.js';
import { plainRenderer } from './render/plain.js';
import type { Renderer } from './render/renderer.js';
import { safeStream } from './render/safe-text.js';
import { ttyRenderer } from './render/tty.js';
import type { Terminal, TextStream } from './terminal.js';

export interface OutputOptions {
  /** Events as JSON lines instead of text. */
  readonly json?: true | undefined;
  /** Plain lines even on a terminal. */
  readonly plain?: true | undefined;
  /** Show what tools print. */
  readonly verbose?: true | undefined;
}

export interface Session {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Bytes of a file for whoever reads the output, as they are; a terminal gets text without what would steer it. */
  writeBytes(bytes: Uint8Array): void;
  /** For a console of another machine, whose bytes steer the terminal. */
  readonly raw: Terminal;
  /** The renderer that the user's options and terminal ask for; a command opens one at most. */
  open(options: OutputOptions): Renderer;
  /** For what is shown again and again. */
  picture(): Picture;
  /** Who calls, for the work of a command; what goes wrong from here on is told as the user wants it. */
  caller(options: OutputOptions): Caller;
  /** Tells of the failure that ends the command; once, if it is told of earlier. */
  fail(failure: Failure): void;
  close(): void;
}

export function openSession(raw: Terminal, signal: AbortSignal): Session {
  const terminal = { ...raw, stdout: safeStream(raw.stdout), stderr: safeStream(raw.stderr) };
  let renderer: Renderer | undefined;
  const open = (options: OutputOptions) => {
    renderer ??= chooseRenderer(terminal, raw.stdout, options);
    return renderer;
  };
  let picture: Picture | undefined;
  const told = new WeakSet<Failure>();
  const decoder = new StringDecoder('utf8');
  return {
    terminal,
    raw,
    signal,
    writeBytes: (bytes) => {
      if (raw.stdout.isTTY === true) terminal.stdout.write(decoder.write(Buffer.from(bytes)));
      else raw.stdout.write(bytes);
    },
    open,
    picture: () => {
      picture ??= openPicture(terminal, raw.stdout);
      return picture;
    },
    caller: (options) => ({ cwd: terminal.cwd, env: terminal.env, emit: open(options).emit, signal }),
    fail: (failure) => {
      if (told.has(failure)) return;
      told.add(failure);
      picture?.close();
      open({ plain: true }).emit({ type: 'failed', failure: failure.toRecord() });
    },
    close: () => {
      picture?.close();
      renderer?.close();
    },
  };
}

/** A live tree needs a terminal that can move its cursor, and steers it itself; all else gets lines. */
function chooseRenderer(terminal: Terminal, screen: TextStream, options: OutputOptions): Renderer {
  const { json, plain } = options;
  const verbose = options.verbose === true;
  if (json === true) return jsonRenderer(terminal);
  const live = plain !== true && terminal.stdout.isTTY === true && terminal.env.TERM !== 'dumb';
  return live
    ? ttyRenderer({ ...terminal, stdout: screen }, { verbose })
    : plainRenderer(terminal, { verbose });
}
