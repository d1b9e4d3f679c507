/** Packages by size and by why they are installed. */
import type { ReleaseReport } from '../../../app/report/release.js';
import { type PackageFacts, REASONS } from '../../../stages/distribution/topics.js';
import { formatBytes, plural } from '../text.js';
import { type Html, html } from './html.js';
import { details, legend, section, table } from './parts.js';
import { packageTiles, whyWords } from './treemap.js';

const WORDS: Readonly<Record<PackageFacts['why'], string>> = {
  base: 'base system: essential, required, and what these need',
  manual: 'manual: named by the recipe or by whoever installed it',
  dependency: 'dependency: there because others need it',
};

export function packageSection({ packages, manifest }: ReleaseReport): Html {
  if (packages === undefined) return namesOnly(manifest.packages ?? []);
  const total = sum(packages);
  const entries = REASONS.map((why) => ({ why, own: packages.filter((each) => each.why === why) }))
    .filter(({ own }) => own.length > 0)
    .map(({ why, own }) => ({
      className: why,
      words: `${WORDS[why]} (${plural(own.length, 'package')}, ${formatBytes(sum(own))})`,
    }));
  const rows = [...packages].sort((a, b) => b.bytes - a.bytes);
  return section(
    'packages',
    'Packages',
    html`<p>${plural(packages.length, 'package')} take ${formatBytes(total)} when they are unpacked, as their makers counted.</p>`,
    legend(entries),
    packageTiles(packages),
    html`<div id="package-table">${details(
      'All packages as a table',
      html`<p class="search" hidden><label>Show those with <input type="search" data-filter="package-table"></label> <output></output></p>`,
      table(
        'Packages of the release',
        ['package', 'version', 'architecture', { title: 'size', number: true }, 'why'],
        rows.map((each) => [
          each.name,
          each.version,
          each.architecture,
          formatBytes(each.bytes),
          whyWords(each),
        ]),
      ),
    )}</div>`,
  );
}

function sum(packages: readonly PackageFacts[]): number {
  return packages.reduce((all, { bytes }) => all + bytes, 0);
}

function namesOnly(packages: NonNullable<ReleaseReport['manifest']['packages']>): Html {
  if (packages.length === 0)
    return section('packages', 'Packages', html`<p>No package manager knows of any in this release.</p>`);
  return section(
    'packages',
    'Packages',
    html`<p>${plural(packages.length, 'package')}; how large they are cannot be read from this image.</p>`,
    details(
      'All packages as a table',
      table(
        'Packages of the release',
        ['package', 'version', 'architecture'],
        packages.map(({ name, version, architecture }) => [name, version, architecture]),
      ),
    ),
  );
}
