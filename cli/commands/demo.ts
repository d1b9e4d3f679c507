/** `lunsmith demo`: the whole main line with a recipe that comes with lunsmith, and a summary of it. */
import path from 'node:path';
import { type Command, Option } from '@commander-js/extra-typings';
import { build } from '../../app/build.js';
import { checkRecipes } from '../../app/check.js';
import { inspectRelease } from '../../app/inspect.js';
import { cellsOfPlatform, defaultParallel, gateNeeds } from '../../app/matrix.js';
import { prove, requireProvable } from '../../app/prove.js';
import { PC } from '../../artifacts/platform/pc.js';
import { CORE_CELLS } from '../../artifacts/platform/platform.js';
import type { Event } from '../../base/event.js';
import { packageFile } from '../../base/package-root.js';
import {
  accelOption,
  jsonOption,
  mirrorOption,
  outputOption,
  plainOption,
  verboseOption,
  workspaceOption,
} from '../options.js';
import { styleFor } from '../render/style.js';
import { summaryLines } from '../render/summary.js';
import type { Session } from '../session.js';

export function addDemoCommand(program: Command, session: Session): void {
  const { cwd, stdout, env } = session.terminal;
  program
    .command('demo')
    .summary('build a recipe that comes with lunsmith and prove it')
    .description(
      'Builds a Debian recipe, boots the release over iSCSI by BIOS, by UEFI and with a wrong secret, and sums up what ' +
        'was shown.',
    )
    .addOption(
      new Option('--recipe <name>', 'which of the recipes')
        .choices(['debian-bookworm', 'debian-trixie'] as const)
        .default('debian-bookworm' as const),
    )
    .option('--all', 'prove every cell of the boot matrix')
    .addOption(outputOption())
    .addOption(mirrorOption())
    .addOption(accelOption())
    .addOption(workspaceOption(session.terminal))
    .addOption(plainOption())
    .addOption(verboseOption())
    .addOption(jsonOption())
    .action(async (options) => {
      const renderer = session.open(options);
      const seconds = { build: 0, prove: 0 };
      const emit = (event: Event) => {
        if (event.type === 'released') seconds.build = event.seconds;
        if (event.type === 'proven') seconds.prove = event.seconds;
        renderer.emit(event);
      };
      const recipe = packageFile(`recipes/${options.recipe}`);
      const [output, workspace] = [path.resolve(cwd, options.output), path.resolve(cwd, options.workspace)];
      requireProvable(workspace);
      const all = cellsOfPlatform(PC.id);
      const cells = options.all === true ? all : CORE_CELLS;
      const plans = await checkRecipes(
        { folders: [recipe], variables: {}, mirror: options.mirror, needs: () => gateNeeds(cells) },
        emit,
      );
      const request = {
        plans,
        output,
        workspace,
        ...(options.mirror === undefined ? {} : { mirror: options.mirror }),
      };
      const [built] = await build(request, emit, session.signal);
      session.signal.throwIfAborted();
      if (built === undefined) return;
      const gate = {
        release: built.path,
        cells: () => cells,
        accel: options.accel,
        parallel: defaultParallel(),
        workspace,
      };
      await prove(gate, emit, session.signal);
      const release = await inspectRelease(built.path, session.signal);
      const latest = path.join(output, options.recipe, 'latest');
      renderer.print([
        '',
        ...summaryLines(
          { release, latest, seconds, cells: { proven: cells.length, all: all.length } },
          { style: styleFor(stdout, env), cwd },
        ),
      ]);
    });
}
