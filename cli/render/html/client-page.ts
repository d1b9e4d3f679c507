/** The report of one client. */
import type { ClientReport } from '../../../app/report/host.js';
import type { Link } from '../../../hosts/explain.js';
import { plural } from '../text.js';
import { generationChart } from './generations.js';
import { attention, clientTable, historyList } from './host-page.js';
import { type Html, html } from './html.js';
import type { Page } from './page.js';
import { details, figures, section, table, when } from './parts.js';

export function clientPage(
  { client, status, images, history, chain }: ClientReport,
  now: Date,
): Omit<Page, 'version'> {
  const identity = [client.mac, client.serial].filter((each) => each !== undefined).join(', ');
  return {
    title: client.name,
    kind: 'Client',
    lead: html`<p class="soft">Served by ${client.host}, seen ${when(now.toISOString())} UTC</p>${attention(
      status,
      images.filter(({ behind }) => behind),
    )}`,
    sections: [
      section(
        'summary',
        'Summary',
        figures([
          ['Known by', identity === '' ? 'neither MAC nor serial number' : identity],
          ['Images', client.images.length],
          ['LUNs', images.reduce((sum, { generations }) => sum + generations.length, 0)],
          ['Running', images.some(({ live }) => live) ? 'yes' : 'no'],
        ]),
      ),
      section('images', 'Images', clientTable(images, status), historyList(history, status.releases)),
      section('generations', 'LUNs along the time', generationChart(images, now)),
      section(
        'boot',
        'Boot chain',
        html`<p>Image ${chain.image}, ${chain.from}.</p>`,
        chain.notes.map((note) => html`<p>${note}</p>`),
        html`<ol>${chain.links.map((link) => html`<li>${chainLink(link)}</li>\n`)}</ol>`,
      ),
    ],
  };
}

function chainLink({ title, says, packets, files, settings, stops }: Link): Html {
  return html`<strong>${title}</strong>${says.map((line) => html`<p>${line}</p>`)}${
    files.length > 0 && html`<p class="soft">Files: ${files.map((file) => html`<code>${file}</code> `)}</p>`
  }${packets.length > 0 && html`<p class="soft">Packets: ${packets.join('; ')}</p>`}${
    settings.length > 0 &&
    details(
      plural(settings.length, 'setting'),
      table(
        `Settings: ${title}`,
        ['name', 'value'],
        settings.map(({ name, value }) => [
          name,
          value === undefined ? 'a secret, not shown' : html`<code>${value}</code>`,
        ]),
      ),
    )
  }${stops.map((stop) =>
    details(
      html`Stops here with: ${stop.shows}`,
      html`<ul class="plain">${stop.causes.map((cause) => html`<li>${cause}</li>`)}${stop.look.map((look) => html`<li>Look at <code>${look}</code></li>`)}</ul>`,
    ),
  )}`;
}
