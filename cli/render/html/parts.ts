/** What every report is made of: sections, tables, figures and marks. */
import { type Html, html, type Piece } from './html.js';

/** Marks that something is right, wrong, or worth a look; the word says it too, for whoever sees no colour. */
export type Tone = 'good' | 'bad' | 'warn' | 'plain';

export function mark(tone: Tone, words: Piece): Html {
  return html`<span class="mark ${tone}">${words}</span>`;
}

/** @param id names it in links of the page */
export function section(id: string, title: string, ...content: readonly Piece[]): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${content}</section>\n`;
}

export interface Column {
  readonly title: string;
  /** Of numbers, which stand under each other by their last digit. */
  readonly number?: true;
}

/** @param caption what it shows, for whoever hears it @param rows the first cell of each names the row */
export function table(
  caption: string,
  columns: readonly (string | Column)[],
  rows: readonly (readonly Piece[])[],
): Html {
  const all = columns.map((column) => (typeof column === 'string' ? { title: column } : column));
  const side = (index: number) => (all[index]?.number === true ? html` class="number"` : '');
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption><thead><tr>${all.map(
    ({ title }, index) => html`<th scope="col"${side(index)}>${title}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr>${row.map((cell, index) =>
        index === 0 ? html`<th scope="row"${side(index)}>${cell}</th>` : html`<td${side(index)}>${cell}</td>`,
      )}</tr>\n`,
  )}</tbody></table></div>`;
}

/** What is long, or only a picture in words: shown on demand, and printed when open. */
export function details(summary: Piece, ...content: readonly Piece[]): Html {
  return html`<details><summary>${summary}</summary>${content}</details>`;
}

/** Figures in a row: what, how much, and a word on it. */
export function figures(all: readonly (readonly [name: string, value: Piece, note?: Piece])[]): Html {
  return html`<dl class="figures">${all.map(
    ([name, value, note]) =>
      html`<div><dt>${name}</dt><dd>${value}${note === undefined ? '' : html`<small>${note}</small>`}</dd></div>`,
  )}</dl>`;
}

export interface LegendEntry {
  readonly className: string;
  readonly words: Piece;
}

export function legend(entries: readonly LegendEntry[]): Html {
  return html`<ul class="legend">${entries.map(
    ({ className, words }) => html`<li><i class="${className}" aria-hidden="true"></i>${words}</li>`,
  )}</ul>`;
}

/** The first digits of a digest, with all of them to be read. */
export function shortDigest(digest: string): Html {
  return html`<code title="${digest}">${digest.slice(0, 12)}</code>`;
}

/** `2026-01-02 03:04`, UTC, of an RFC 3339 time. */
export function when(at: string): Html {
  return html`<time datetime="${at}">${at.slice(0, 16).replace('T', ' ')}</time>`;
}
