/** A terminal whose time stands still until it is told to move, and whose screen can be read. */
import xterm from '@xterm/headless';
import type { Clock, Terminal } from '../../cli/terminal.js';

export interface FakeClock extends Clock {
  /** Lets the time pass and calls what is due, in order. */
  pass(milliseconds: number): void;
}

function fakeClock(): FakeClock {
  let now = 1_000_000;
  const timers = new Set<{ at: number; readonly each: number; readonly tick: () => void }>();
  return {
    now: () => now,
    every: (each, tick) => {
      const timer = { at: now + each, each, tick };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    pass: (milliseconds) => {
      const end = now + milliseconds;
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        now = due.at;
        due.at += due.each;
        due.tick();
      }
      now = end;
    },
  };
}

/** Both streams as text, with no terminal behind them. */
export interface Pipes extends Terminal {
  readonly clock: FakeClock;
  out(): string;
  err(): string;
}

export function pipes(env: Record<string, string> = {}): Pipes {
  let out = '';
  let err = '';
  return {
    stdout: { write: (text) => void (out += typeof text === 'string' ? text : Buffer.from(text).toString()) },
    stderr: { write: (text) => void (err += text) },
    env,
    cwd: '/home/u',
    clock: fakeClock(),
    out: () => out,
    err: () => err,
  };
}

/** Both streams on one terminal. */
export interface Window extends Terminal {
  readonly clock: FakeClock;
  /** Everything on the screen and above it, without empty lines at the end. */
  text(): Promise<string[]>;
  /** Whether the cursor is to be seen. */
  cursorShown(): Promise<boolean>;
  /** All that was written, with control sequences. */
  raw(): string;
  resize(columns: number, rows: number): Promise<void>;
}

export function terminalWindow(
  columns: number,
  rows: number,
  env: Record<string, string> = { NO_COLOR: '1' },
): Window {
  // A tty's line discipline turns a newline into carriage return and newline.
  const screen = new xterm.Terminal({ cols: columns, rows, convertEol: true, allowProposedApi: true });
  let raw = '';
  const drawn = () => new Promise<void>((done) => screen.write('', done));
  const stream = {
    isTTY: true,
    get columns() {
      return screen.cols;
    },
    get rows() {
      return screen.rows;
    },
    write: (text: string) => {
      raw += text;
      screen.write(text);
    },
  };
  return {
    stdout: stream,
    stderr: stream,
    env,
    cwd: '/home/u',
    clock: fakeClock(),
    raw: () => raw,
    text: async () => {
      await drawn();
      const { active } = screen.buffer;
      const lines = Array.from(
        { length: active.length },
        (_, at) => active.getLine(at)?.translateToString(true) ?? '',
      );
      while (lines.at(-1) === '') lines.pop();
      return lines;
    },
    cursorShown: async () => {
      await drawn();
      return raw.lastIndexOf('\u001b[?25h') >= raw.lastIndexOf('\u001b[?25l');
    },
    resize: async (cols, lines) => {
      await drawn();
      screen.resize(cols, lines);
    },
  };
}
