/** The client's serial console: its text as lines for watchers, and an expect-like reader for a dialogue. */
import { Broken } from './broken.js';
import { type Bound, createWaiting } from './waiting.js';
import type { Watch } from './watch.js';

export interface SerialConsole {
  /** Takes more output, already plain text. */
  feed(text: string): void;
  /** The output ended. @param reason what those are told who await more; default: that the machine stopped */
  close(reason?: Error): void;
  /**
   * Awaits text that matches, and consumes the output up to its end.
   * @throws Broken or Undecided when the patience ends, Broken when the console closes; the signal's reason when it aborts
   */
  expect(pattern: RegExp, bound: Bound): Promise<RegExpExecArray>;
  /**
   * Awaits that the client says no more and that the output not consumed yet reads as something; consumes all of it.
   * @throws as {@link expect}
   */
  atRest(read: (unread: string) => string | undefined, bound: Bound): Promise<string>;
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
  /** Milliseconds of silence after which the client is taken to await an answer; default 500. */
  readonly restMs?: number;
}

/** Characters that are kept for a pattern to match. */
const KEPT_CHARACTERS = 1 << 20;
const REST_MS = 500;

export function createConsole({
  watch,
  write,
  onLine,
  onPartial,
  restMs = REST_MS,
}: ConsoleOptions): SerialConsole {
  const waiting = createWaiting(watch);
  let unread = '';
  let line = '';
  let closed: { readonly reason: Error | undefined } | undefined;
  let atRest = false;
  let resting: NodeJS.Timeout | undefined;
  const rest = () => {
    clearTimeout(resting);
    atRest = false;
    resting = setTimeout(() => {
      atRest = true;
      waiting.wake();
    }, restMs);
  };
  const failClosed = ({ what }: Bound) => {
    if (closed !== undefined) throw closed.reason ?? new Broken(`The machine stopped before ${what}.`);
  };
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
      rest();
      waiting.wake();
    },
    close: (reason) => {
      if (closed !== undefined) return;
      closed = { reason };
      clearTimeout(resting);
      endLine();
      waiting.wake();
    },
    expect: (pattern, bound) =>
      waiting.until(() => {
        const found = pattern.exec(unread);
        if (found !== null) unread = unread.slice(found.index + found[0].length);
        else failClosed(bound);
        return found ?? undefined;
      }, bound),
    atRest: (read, bound) =>
      waiting.until(() => {
        failClosed(bound);
        const found = atRest ? read(unread) : undefined;
        if (found !== undefined) unread = '';
        return found;
      }, bound),
    skip: () => {
      unread = '';
    },
  };
}
