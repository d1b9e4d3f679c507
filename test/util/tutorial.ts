/**
 * What docs/tutorial.md has its reader do. A block of `sh` is a script: the reader's own, or that of root on the machine that the
 * fence names (```` ```sh root@server ````). Any other block is the file whose name stands alone on the line above it.
 */
export interface Piece {
  /** Number of the section that it stands in. */
  readonly section: number;
  readonly text: string;
  /** Path of the file that the reader writes. */
  readonly file?: string;
  /** Who runs it, and on which machine; of the reader's own: nobody. */
  readonly as?: string;
}

const BLOCK = /(?:^`(?<file>[^`\n]+)`:\n\n)?^```(?<kind>\w+)(?: (?<as>\S+))?\n(?<text>[\s\S]*?)^```$/gm;

/** @throws Error for a block that is neither a script nor a file, of which the test would know nothing */
export function piecesOf(page: string): Piece[] {
  return page
    .split(/^## /m)
    .flatMap((section, index) =>
      [...section.matchAll(BLOCK)].map(({ groups = {} }) => pieceOf(index, groups)),
    );
}

function pieceOf(section: number, { file, kind, as, text = '' }: Record<string, string | undefined>): Piece {
  if (kind === 'sh') return { section, text, ...(as === undefined ? {} : { as }) };
  if (file === undefined) throw new Error(`A block of ${kind} has no name of a file above it:\n${text}`);
  return { section, text, file };
}

/** @throws Error when the page does not have what is to be another */
export function swapped(page: string, swaps: Readonly<Record<string, string>>): string {
  return Object.entries(swaps).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`The tutorial does not say: ${from}`);
    return text.replaceAll(from, to);
  }, page);
}

/** Lines of the reader's scripts that call lunsmith. */
export function commandsOf(pieces: readonly Piece[]): string[] {
  return pieces
    .filter(({ file, as }) => file === undefined && as === undefined)
    .flatMap(({ text }) => text.split('\n').filter((line) => /^lunsmith\b/.test(line)));
}
