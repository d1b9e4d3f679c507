/** The report of a release. */
import type { ReleaseReport } from '../../../app/report/release.js';
import { systemWords } from '../release.js';
import { formatBinary, formatBytes, plural } from '../text.js';
import { differenceSection } from './difference.js';
import { diskMap, partitionTable } from './disk.js';
import { type Html, html } from './html.js';
import { packageSection } from './packages.js';
import type { Page } from './page.js';
import { details, figures, section, table } from './parts.js';
import { proofMarks, proofSection } from './proofs.js';
import { screenSection } from './screens.js';
import { timelineSection } from './timeline.js';

export function releasePage(report: ReleaseReport): Omit<Page, 'version'> {
  const { manifest, digest, disk, proofs, before } = report;
  const image = report.files.find(({ role }) => role === 'lun-image');
  return {
    title: `${manifest.recipe.name}@${digest.slice(0, 12)}`,
    kind: 'Release',
    lead: html`<p class="soft">${systemWords(manifest)}</p>${proofMarks(proofs)}`,
    sections: [
      section(
        'summary',
        'Summary',
        figures([
          ['Recipe', manifest.recipe.name, manifest.recipe.version],
          [
            'LUN image',
            formatBinary(manifest.disk.bytes),
            image?.allocated === undefined ? undefined : `${formatBytes(image.allocated)} allocated here`,
          ],
          ['Packages', manifest.packages?.length ?? 'none'],
          ['Proofs', `${proofs.filter(({ passed }) => passed).length} of ${proofs.length} passed`],
          ['Made of', new Date(manifest.epoch * 1000).toISOString().slice(0, 10), 'the time of its sources'],
        ]),
        html`<p><small>sha256 <code>${digest}</code></small></p>`,
        manifest.kernel !== undefined &&
          html`<p><small>Kernel command line <code>${manifest.kernel.commandLine}</code></small></p>`,
      ),
      proofSection(proofs),
      timelineSection(report.timelines),
      ...screenSection(report.screens),
      ...(disk === undefined ? [] : [section('disk', 'Disk', diskMap(disk), partitionTable(disk))]),
      packageSection(report),
      differenceSection(before),
      fileSection(report),
    ],
  };
}

function fileSection({ files, sbom, manifest, digest }: ReleaseReport): Html {
  const name = `${manifest.recipe.name.replace(/[^\w.-]/g, '_')}-${digest.slice(0, 12)}.cdx.json`;
  const data = Buffer.from(sbom).toString('base64');
  const number = true as const;
  return section(
    'files',
    'Files and bill of materials',
    html`<p><a download="${name}" href="data:application/vnd.cyclonedx+json;base64,${data}">Download the bill of materials</a> (CycloneDX 1.6, JSON, ${formatBytes(sbom.length)})</p>`,
    table(
      'Files of the release',
      ['path', 'role', { title: 'size', number }, { title: 'allocated here', number }, 'digest'],
      files.map(({ path, role, bytes, allocated, digest: of }) => [
        path,
        role,
        formatBytes(bytes),
        allocated === undefined ? 'missing' : formatBytes(allocated),
        html`<code title="${of}">${of.replace(/(?<=:.{12}).*/, '')}</code>`,
      ]),
    ),
    details(
      `${plural(Object.keys(manifest.tools).length, 'tool')} that wrote it`,
      table('Tools that wrote the release', ['tool', 'version'], Object.entries(manifest.tools)),
    ),
  );
}
