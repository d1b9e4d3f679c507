/** `lunsmith report`: a release, a target host or a client as a page to read, keep and send. */
import { resolve } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { type Report, report } from '../../app/report/report.js';
import { createPorts } from '../../base/command.js';
import { lunsmithVersion } from '../../base/version.js';
import { writeOutput } from '../output-file.js';
import { reportPage } from '../render/html/report-page.js';
import { shortPath } from '../render/text.js';
import type { Session } from '../session.js';
import { siteOption } from '../site-options.js';

export function addReportCommand(program: Command, session: Session): void {
  const { terminal, signal } = session;
  program
    .command('report')
    .summary('write a page about a release, a target host or a client')
    .description(
      'Writes one HTML file that needs no network. Of a release it shows the disk to scale, packages by size and reason, boots ' +
        'beside those of the release before, proofs, what differs, and has its bill of materials (CycloneDX). Of a target host it ' +
        'shows channels, clients and who is behind, LUNs and space; of a client its LUNs and its boot chain.',
    )
    .argument(
      '<about>',
      'folder of a release, or a target host or client of the site (host:NAME, client:NAME)',
    )
    .option('-o, --output <file>', 'the file (default: NAME.report.html in this folder)')
    .option('--before <release>', 'the release to compare with (default: the one before it in its folder)')
    .option('--open', 'show it in the browser of this desktop (xdg-open)')
    .addOption(siteOption())
    .addHelpText('after', HELP)
    .action(async (about, options) => {
      const renderer = session.open({ plain: true });
      const found = await report({ ...terminal, signal }, { about, ...options });
      const path = resolve(terminal.cwd, options.output ?? `${fileName(found)}.report.html`);
      await writeOutput(path, reportPage(found, await lunsmithVersion(), new Date()));
      renderer.print([`Wrote ${shortPath(path, terminal.cwd)}`]);
      if (options.open !== true) return;
      const { run } = createPorts({ emit: () => undefined, signal });
      // It is the user's own desktop, which is found by nothing but their environment.
      await run(['xdg-open', path], { doing: 'show the report', env: present(terminal.env), quiet: true });
    });
}

function present(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function fileName(found: Report): string {
  if (found.kind === 'release') return `${found.manifest.recipe.name}-${found.digest.slice(0, 12)}`;
  return found.kind === 'host' ? found.status.host : found.client.name;
}

const HELP = `
Examples:
  $ npx lunsmith report out/debian-bookworm/latest --open
  $ npx lunsmith report out/debian-bookworm/latest --before out/debian-bookworm/releases/1f0c… --output release.html
  $ npx lunsmith report san1
  $ npx lunsmith report client:web1`;
