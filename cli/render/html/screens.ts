/** What machines showed while a release was proven. */
import type { CellScreens } from '../../../app/report/screens.js';
import { type Html, html } from './html.js';
import { details, section } from './parts.js';

/** Nothing where no machine has shown anything, or it was not kept. */
export function screenSection(all: readonly CellScreens[]): Html[] {
  if (all.length === 0) return [];
  return [
    section(
      'screens',
      'Screens',
      all.map(
        ({ cell, pictures, console }) =>
          html`<h3>${cell}</h3>${
            pictures.length > 0 &&
            html`<div class="screens">${pictures.map(
              ({ name, png }) =>
                html`<figure><img alt="The screen of ${cell} at ${name}" src="data:image/png;base64,${png.toString('base64')}"><figcaption>${name}</figcaption></figure>`,
            )}</div>`
          }${
            console.length > 0 &&
            details(
              `The last lines of the console of ${cell}`,
              html`<pre tabindex="0" role="region" aria-label="Console of ${cell}">${console.join('\n')}</pre>`,
            )
          }`,
      ),
    ),
  ];
}
