/**
 * A block of lines at the bottom of a terminal that is painted over and over, with lasting lines printed above it.
 * Only the block's own lines are ever erased. Control sequences: ECMA-48 CUU, ED; DEC private mode 25 (cursor).
 */
import type { TextStream } from '../terminal.js';
import { safeText } from './safe-text.js';
import { displayWidth } from './text.js';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const ERASE_BELOW = '\u001b[J';

export interface ScreenOptions {
  /** Whether the terminal wraps lines anew when its window becomes narrower; nearly all do. */
  readonly reflows: boolean;
}

export class Screen {
  /** Widths in cells of the lines that stand in the block now. */
  #painted: readonly number[] = [];
  #block: readonly string[] = [];
  #hidden = false;

  constructor(
    private readonly stream: TextStream,
    private readonly options: ScreenOptions,
  ) {}

  /** A terminal that does not know its size, such as a serial line, says 0. */
  get #columns(): number {
    return this.stream.columns || 80;
  }

  /** Cells that a line may take: one is left free, because some terminals wrap as soon as the last one is written. */
  get width(): number {
    return Math.max(10, this.#columns - 1);
  }

  /** Lines that the block may have: a block taller than the window could not be erased. */
  get height(): number {
    return Math.max(1, (this.stream.rows || 24) - 1);
  }

  /** Replaces the block; every line must fit {@link width}. */
  paint(block: readonly string[]): void {
    const shown = block.slice(0, this.height).map(safeText);
    const cursor = this.#hidden ? '' : HIDE_CURSOR;
    this.#hidden = true;
    this.stream.write(cursor + this.#erase() + asText(shown));
    this.#stands(shown);
  }

  /** Prints lines above the block, where they stay. */
  print(lines: readonly string[]): void {
    this.stream.write(this.#erase() + asText(lines.map(safeText)) + asText(this.#block));
    this.#stands(this.#block);
  }

  /** Removes the block and shows the cursor again. */
  close(): void {
    if (!this.#hidden) return;
    this.stream.write(this.#erase() + SHOW_CURSOR);
    this.#hidden = false;
    this.#stands([]);
  }

  #stands(block: readonly string[]): void {
    this.#block = block;
    this.#painted = block.map(displayWidth);
  }

  #erase(): string {
    const rows = this.options.reflows
      ? this.#painted.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / this.#columns)), 0)
      : this.#painted.length;
    return `\r${rows === 0 ? '' : `\u001b[${rows}A`}${ERASE_BELOW}`;
  }
}

function asText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
