/**
 * HTML by a tagged template in which every value is text, unless it is HTML that was made by the same template: what comes from
 * releases, hosts and sites cannot become markup. Attributes are always written in double quotes.
 */
import { safeText } from '../safe-text.js';

export interface Html {
  readonly html: string;
}

/** What a template takes; undefined and false leave nothing. */
export type Piece = string | number | Html | undefined | false | readonly Piece[];

export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return { html: strings.map((text, index) => text + toText(pieces[index])).join('') };
}

/** Text of ours that is HTML, CSS or a script already. Never of another origin. */
export function raw(text: string): Html {
  return { html: text };
}

function toText(piece: Piece): string {
  if (piece === undefined || piece === false) return '';
  if (typeof piece === 'number') return String(piece);
  // What turns the order of what is read is shown, as on the terminal.
  if (typeof piece === 'string') return escapeHtml(safeText(piece));
  return 'html' in piece ? piece.html : piece.map(toText).join('');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

/** A part of a whole as CSS has it: `12.5%`. */
export function percent(part: number, whole: number): string {
  return `${Number(((100 * part) / whole).toFixed(3))}%`;
}
