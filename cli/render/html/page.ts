/** The frame of a report: one file that asks for nothing, neither of the network nor of the disk. */
import { createHash } from 'node:crypto';
import { type Html, html, type Piece, raw } from './html.js';
import { SCRIPT } from './script.js';
import { STYLE } from './style.js';

export interface Page {
  readonly title: string;
  /** What the title is the name of. */
  readonly kind: string;
  readonly lead: Piece;
  readonly sections: readonly Html[];
  /** Of lunsmith. */
  readonly version: string;
}

/** Whatever else gets into the page stays text: no other script runs, and nothing is loaded. */
const POLICY = `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'; base-uri 'none'; form-action 'none'`;

export function pageText({ title, kind, lead, sections, version }: Page): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${raw(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="lunsmith ${version}">
<title>${title} · ${kind}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the report</a>
<header><p class="kind">${kind}</p><h1>${title}</h1>${lead}</header>
<main id="content">
${sections}</main>
<footer><p>Made by lunsmith ${version}. This file holds all that it shows.</p></footer>
<script>${raw(SCRIPT)}</script>
</body>
</html>
`;
  return page.html;
}
