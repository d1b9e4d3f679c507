/** When clients got their LUNs, along the time. */
import { scaleUtc } from 'd3-scale';
import type { ReportedImage } from '../../../app/report/host.js';
import { type Html, html, percent } from './html.js';
import { details, legend, table, when } from './parts.js';

const TICKS = 4;
/** A telephone has room for two times beside each other. */
const WHOLE = 1000;

export function generationChart(images: readonly ReportedImage[], now: Date): Html {
  const times = images.flatMap(({ generations }) => generations.map(({ made }) => Date.parse(made)));
  if (times.length === 0) return html`<p>No client has a LUN yet.</p>`;
  const scale = scaleUtc([new Date(Math.min(...times)), now], [0, WHOLE]).nice(TICKS);
  const [format, ticks] = [scale.tickFormat(TICKS), scale.ticks(TICKS)];
  return html`${legend([
    { className: 'used', words: 'what it boots' },
    { className: 'empty', words: 'kept for a rollback' },
  ])}<div class="rows">${images
    .filter(({ generations }) => generations.length > 0)
    .map(
      ({ client, image, generations }) =>
        html`<span class="name strong">${client} ${image}</span><div class="dots" role="img" aria-label="LUNs of ${client} ${image}; the table has each">${generations.map(
          ({ id, release, made, current }) =>
            html`<div class="${current ? 'current' : 'kept'}" style="left:${percent(scale(new Date(made)), WHOLE)}" title="${id}, release ${short(release)}, made ${made}"></div>`,
        )}</div><span class="number">${generations.length}</span>`,
    )}<div class="scale" aria-hidden="true">${ticks.map(
    (tick) => html`<span style="left:${percent(scale(tick), WHOLE)}">${format(tick)}</span>`,
  )}</div></div>${details('LUNs as a table', generationTable(images))}`;
}

/** A LUN that began with nothing on it may be a clone of no release. */
function short(release: string | undefined): string {
  return release?.slice(0, 12) ?? 'none';
}

function generationTable(images: readonly ReportedImage[]): Html {
  return table(
    'LUNs of the clients',
    ['client', 'image', 'generation', 'release', 'made (UTC)', ''],
    images.flatMap(({ client, image, generations }) =>
      generations.map(({ id, release, made, current }) => [
        ...[client, image, id],
        html`<code title="${release ?? 'none'}">${short(release)}</code>`,
        when(made),
        current ? 'boots' : 'kept',
      ]),
    ),
  );
}
