/** `lunsmith inspect`: what a release holds, whether it is whole, and what is proven of it. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { inspectRelease } from '../../app/inspect.js';
import { type Diagnostic, Failure } from '../../base/failure.js';
import { packageLines, releaseLines } from '../render/release.js';
import { styleFor } from '../render/style.js';
import type { Session } from '../session.js';

export function addInspectCommand(program: Command, session: Session): void {
  const { cwd, stdout, env } = session.terminal;
  program
    .command('inspect')
    .summary('show what is in a release and what is proven of it')
    .description(
      'Shows partitions, sizes allocated and apparent, packages and proofs, and verifies every digest.',
    )
    .argument('<release>', 'folder with a manifest.json, such as out/debian-bookworm/latest')
    .option('--packages', 'list every package with its version')
    .option('--json', 'print everything as one JSON document')
    .addHelpText('after', HELP)
    .action(async (folder, options) => {
      const renderer = session.open({ plain: true });
      const release = await inspectRelease(path.resolve(cwd, folder), session.signal);
      if (options.json === true) stdout.write(`${JSON.stringify(release, undefined, 2)}\n`);
      else renderer.print(releaseLines(release, { style: styleFor(stdout, env), cwd }));
      if (options.packages === true && options.json !== true)
        renderer.print(['', ...packageLines(release.manifest)]);
      const [first, ...others] = release.problems.map(
        (found): Diagnostic => ({ what: 'The release is damaged.', found }),
      );
      if (first !== undefined)
        throw new Failure('integrity', [{ ...first, hint: 'Build it again.' }, ...others]);
    });
}

const HELP = `
Examples:
  $ npx lunsmith inspect out/debian-bookworm/latest
  $ npx lunsmith inspect out/debian-bookworm/latest --json | jq '.proofs[] | {cell, passed}'`;
