/** The report of a target host. */
import type { HostReport, ReportedImage } from '../../../app/report/host.js';
import type { HostStatus } from '../../../app/site/status.js';
import { formatBytes, plural } from '../text.js';
import { generationChart } from './generations.js';
import { type Html, html, type Piece, percent } from './html.js';
import type { Page } from './page.js';
import { details, figures, legend, mark, section, shortDigest, table, when } from './parts.js';

export function hostPage({ status, images, history }: HostReport, now: Date): Omit<Page, 'version'> {
  const { channels, releases, sessions, space, deleted } = status;
  const clients = new Set(images.map(({ client }) => client)).size;
  const behind = images.filter((image) => image.behind);
  return {
    title: status.host,
    kind: 'Target host',
    lead: html`<p class="soft">Change ${status.serial} of <code>${status.root}</code>, seen ${when(now.toISOString())} UTC</p>${attention(status, behind)}`,
    sections: [
      section(
        'summary',
        'Summary',
        figures([
          ['Clients', clients, `${plural(images.filter(({ live }) => live).length, 'LUN')} in use now`],
          ['Behind', behind.length, behind.length === 0 ? 'all follow their channels' : 'see below'],
          ['Channels', channels.length],
          ['Releases', releases.length],
          ['Sessions', sessions.length],
          ['Free', formatBytes(space.free), `of ${formatBytes(space.total)}`],
        ]),
      ),
      section('channels', 'Channels', channelTable(status), historyList(history, releases)),
      section('clients', 'Clients', clientTable(images, status)),
      section('generations', 'LUNs along the time', generationChart(images, now)),
      section(
        'space',
        'Space',
        spaceBar(status),
        deleted.luns > 0 &&
          html`<p>${plural(deleted.luns, 'LUN')} can be brought back and take ${formatBytes(deleted.allocated)} at most.</p>`,
      ),
      section('releases', 'Releases', releaseTable(status)),
    ],
  };
}

/** What somebody should look at. */
export function attention({ warnings }: HostStatus, behind: readonly ReportedImage[]): Html {
  return html`<ul class="marks"><li>${
    behind.length === 0
      ? mark('good', '✔ nobody is behind')
      : mark('warn', `${plural(behind.length, 'image')} behind`)
  }</li>${warnings.length > 0 && html`<li>${mark('bad', plural(warnings.length, 'warning'))}</li>`}</ul>${
    warnings.length > 0 &&
    html`<ul class="plain">${warnings.map(({ message, hint }) => html`<li>${message} <span class="soft">${hint}</span></li>`)}</ul>`
  }`;
}

function releaseName(digest: string, releases: HostStatus['releases']): Html {
  const recipe = releases.find((each) => each.digest === digest)?.recipe;
  return html`${recipe}${recipe === undefined ? '' : '@'}${shortDigest(digest)}`;
}

function channelTable({ channels, releases, images }: HostStatus): Html {
  if (channels.length === 0)
    return html`<p>No release was promoted yet: <code>npx lunsmith promote RELEASE CHANNEL</code></p>`;
  return table(
    'Channels',
    [
      'channel',
      'release',
      'since (UTC)',
      'by',
      { title: 'images', number: true },
      { title: 'behind', number: true },
    ],
    channels.map(({ channel, release, at, by }) => {
      const own = images.filter((image) => image.channel === channel);
      return [
        channel,
        releaseName(release, releases),
        when(at),
        by,
        own.length,
        own.filter(({ behind }) => behind).length,
      ];
    }),
  );
}

export function historyList(history: HostReport['history'], releases: HostStatus['releases']): Piece {
  return history.map(({ channel, moves }) =>
    details(
      `What ${channel} was at`,
      table(
        `History of ${channel}, newest first`,
        ['at (UTC)', 'release', 'by'],
        [...moves].reverse().map(({ release, at, by }) => [when(at), releaseName(release, releases), by]),
      ),
    ),
  );
}

export function clientTable(images: readonly ReportedImage[], { releases, channels }: HostStatus): Html {
  if (images.length === 0)
    return html`<p>No client was added yet: <code>npx lunsmith client add NAME</code></p>`;
  const order = (image: ReportedImage) => (image.behind ? 0 : 1);
  return table(
    'Clients, those that are behind first',
    [
      'client',
      'state',
      'image',
      'channel',
      'release',
      { title: 'LUN', number: true },
      { title: 'kept', number: true },
    ],
    [...images]
      .sort((a, b) => order(a) - order(b))
      .map((image) => [
        image.client,
        stateOf(image, {
          promoted: channels.some(({ channel }) => channel === image.channel),
          alone: images.every((each) => each === image || each.client !== image.client),
        }),
        image.image,
        image.channel ?? 'none',
        releaseOf(image, releases),
        image.bytes === undefined ? '' : formatBytes(image.bytes),
        image.kept,
      ]),
  );
}

/** @param alone whether it is its client's only image, so that nothing else could be next */
function stateOf(
  image: ReportedImage,
  { promoted, alone }: { readonly promoted: boolean; readonly alone: boolean },
): Html {
  const { live, next } = image;
  const state = followsOf(image, promoted);
  return html`${state} ${live && mark('plain', 'running')} ${next && !alone && mark('plain', 'boots next')}`;
}

/** How the LUN stands to the channel. */
function followsOf({ target, release, behind, maintenance }: ReportedImage, promoted: boolean): Html {
  if (target === undefined) return mark('plain', promoted ? 'no LUN' : 'channel without a release');
  if (maintenance === true) return mark('plain', 'in maintenance');
  if (release === undefined) return mark('plain', 'follows no release');
  return behind ? mark('warn', 'behind') : mark('good', '✔ up to date');
}

function releaseOf({ target, release }: ReportedImage, releases: HostStatus['releases']): Html | string {
  if (release !== undefined) return releaseName(release, releases);
  return target === undefined ? 'none yet' : 'none';
}

function spaceBar({ space: { total, free, promised, luns, pool } }: HostStatus): Html {
  const used = total - free;
  const words = `${formatBytes(used)} used, ${formatBytes(free)} free of ${formatBytes(total)}; the ${plural(luns, 'LUN')} may still grow by ${formatBytes(promised)}`;
  return html`<div class="space" role="img" aria-label="${words}"><i class="used" style="width:${percent(used, total)}"></i><i class="promised" style="width:${percent(Math.min(promised, free), total)}"></i></div>
${legend([
  { className: 'used', words: `${formatBytes(used)} used` },
  { className: 'promised', words: `${formatBytes(promised)} that ${plural(luns, 'LUN')} may still grow by` },
  { className: 'empty', words: `${formatBytes(Math.max(0, free - promised))} free beyond that` },
])}${pool !== undefined && html`<p>Thin pool: ${pool.dataPercent} % of the data, ${pool.metadataPercent} % of the metadata in use.</p>`}`;
}

function releaseTable({ releases }: HostStatus): Html {
  if (releases.length === 0)
    return html`<p>Nothing was published yet: <code>npx lunsmith publish RELEASE</code></p>`;
  return table(
    'Releases on the host, last published first',
    ['release', 'channels', { title: 'LUNs', number: true }],
    releases.map(({ digest, channels, luns }) => [releaseName(digest, releases), channels.join(', '), luns]),
  );
}
