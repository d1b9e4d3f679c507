/** Colours, or none of them. */
import type { TextStream } from '../terminal.js';

export type Paint = (text: string) => string;

export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

const same: Paint = (text) => text;

export const plainStyle: Style = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };

/** What stands in a sequence of {@link ansiStyle} between `ESC [` and `m`. */
export const SGR_CODES: readonly number[] = [1, 2, 22, 31, 32, 33, 36, 39];

/** SGR sequences of ECMA-48; each ends with the sequence that undoes only itself, so that they nest. */
export const ansiStyle: Style = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
  cyan: sgr(36, 39),
};

function sgr(on: number, off: number): Paint {
  return (text) => (text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`);
}

/** Colour on a terminal, unless NO_COLOR is set and not empty (no-color.org) or TERM is `dumb`. */
export function styleFor(stream: TextStream, env: Readonly<Record<string, string | undefined>>): Style {
  const wanted = stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
  return wanted ? ansiStyle : plainStyle;
}
