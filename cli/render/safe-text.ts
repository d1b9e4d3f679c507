/**
 * The one filter between texts of any origin (names of files, words of manifests and proofs, what tools and other hosts say)
 * and the terminal. What steers a terminal, or turns the order of what is read, becomes the escape that JSON has for it:
 * people see it, and JSON keeps its meaning. Colours of ours pass.
 */
import type { TextStream } from '../terminal.js';
import { SGR_CODES } from './style.js';

/** Controls of C0 and C1 but for the newline, line separators, and those of the bidirectional algorithm (UAX #9). */
const STEERING =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** A colour of ours, or one character. */
const COLOUR = new RegExp(`^\\u001b\\[(?:${SGR_CODES.join('|')})m`);

export function safeText(text: string): string {
  return text.replace(STEERING, (character, at: number) => {
    if (character === '\t') return '  ';
    if (character === '\u001b' && COLOUR.test(text.slice(at, at + 8))) return character;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The same stream, with all that is written to it filtered. */
export function safeStream(stream: TextStream): TextStream {
  return {
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns ?? 0;
    },
    get rows() {
      return stream.rows ?? 0;
    },
    write: (text) => stream.write(safeText(text)),
  };
}
