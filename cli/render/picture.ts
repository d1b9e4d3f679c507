/** Lines that take the place of those before them on a terminal; elsewhere they follow each other where they say something new. */
import type { Terminal, TextStream } from '../terminal.js';
import { Screen } from './screen.js';
import { fit } from './text.js';

export interface Picture {
  /** @param lines without colours */
  show(lines: readonly string[]): void;
  /** The last picture stays. */
  close(): void;
}

/** @param stream where the terminal can be steered */
export function openPicture({ stdout, env }: Terminal, stream: TextStream): Picture {
  let last: readonly string[] = [];
  const write = (lines: readonly string[]) => stdout.write(`${lines.join('\n')}\n`);
  if (stdout.isTTY !== true || env.TERM === 'dumb') {
    return {
      show: (lines) => {
        if (lines.join('\n') !== last.join('\n')) write(last.length === 0 ? lines : ['', ...lines]);
        last = lines;
      },
      close: () => undefined,
    };
  }
  const screen = new Screen(stream, { reflows: env.XTERM_VERSION === undefined && env.STY === undefined });
  return {
    show: (lines) => {
      last = lines;
      screen.paint(lines.map((line) => fit(line, screen.width)));
    },
    close: () => {
      screen.close();
      if (last.length > 0) write(last);
      last = [];
    },
  };
}
