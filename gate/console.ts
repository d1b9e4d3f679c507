/** The client's serial console: its text as lines for whoever watches, and an expect-like reader for whoever talks. */
import { Broken } from './broken.js';
import { type Bound, createWaiting } from './waiting.js';
import type { Watch } from './watch.js';

export interface SerialConsole {
  /** Takes more output, already plain text. */
  feed(text: string): void;
  /** The output ended. */
  close(): void;
  /**
   * Awaits text that matches, and consumes the output up to its end.
   * @throws Broken or Undecided when the patience ends, Broken when the console closes; the signal's reason when it aborts
   */
  expect(pattern: RegExp, bound: Bound): Promise<RegExpExecArray>;
  send(text: string): void;
  /** Forgets what was not awaited so far. */
  skip(): void;
}

export interface ConsoleOptions {
  readonly watch: Watch;
  readonly write: (text: string) => void;
  /** Each complete line that says something, without its end. */
  readonly onLine: (line: string) => void;
  /** What follows the last line end, each time it grows: prompts have no line end. */
  readonly onPartial: (text: string) => void;
}

/** Characters that are kept for a pattern to match. */
const KEPT_CHARACTERS = 1 << 20;

export function createConsole({ watch, write, onLine, onPartial }: ConsoleOptions): SerialConsole {
  const waiting = createWaiting(watch);
  let unread = '';
  let line = '';
  let closed = false;
  const endLine = () => {
    // Empty lines and the frames of menus tell nothing.
    if (/[\p{L}\p{N}]/u.test(line)) {
      watch.hear(line);
      onLine(line.trimEnd());
    }
    line = '';
  };
  return {
    send: write,
    feed: (text) => {
      unread = (unread + text).slice(-KEPT_CHARACTERS);
      for (const [index, part] of text.split('\n').entries()) {
        if (index > 0) endLine();
        line += part;
      }
      if (line !== '') onPartial(line);
      waiting.wake();
    },
    close: () => {
      if (closed) return;
      closed = true;
      endLine();
      waiting.wake();
    },
    expect: (pattern, bound) =>
      waiting.until(() => {
        const found = pattern.exec(unread);
        if (found !== null) unread = unread.slice(found.index + found[0].length);
        else if (closed) throw new Broken(`The machine stopped before ${bound.what}.`);
        return found ?? undefined;
      }, bound),
    skip: () => {
      unread = '';
    },
  };
}
